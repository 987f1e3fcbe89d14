// linear: y = x W^T + b, W is out x in. Inputs with h, w > 1 are flattened per sample, or, `of_rows`, each of its h rows by
// itself, so that the output has h rows too.
//   dW = dy^T x,   dx = dy W,   db = sum over rows of dy
#pragma once

#include "nn/layers/weight_parameters.h"

namespace bnlab {

template <class T>
class Linear : public Layer<T> {
 public:
  Linear(Index out, bool bias, Choice initializer, Choice weight_map, bool of_rows = false) : out_(out), of_rows_(of_rows), weights_(bias, std::move(initializer), std::move(weight_map)) {}
  Shape plan(Shape in, Planner& planner) override;
  void initialize(Workspace<T>& ws, uint64_t seed) const override { weights_.initialize(ws, seed); }
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override;
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override;
  bool adds() const override { return true; }
  void drop_bias() override { weights_.has_bias = false; }
  void scale_initial_weights(double gain) override { weights_.initial_gain = gain; }
  double multiply_adds_per_sample() const override { return static_cast<double>(in_ * rows_) * static_cast<double>(out_); }

 private:
  Index in_ = 0, rows_ = 1, out_;  // rows of a sample
  bool of_rows_;
  WeightParameters<T> weights_;
};

}  // namespace bnlab
