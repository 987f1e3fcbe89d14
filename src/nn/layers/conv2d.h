// conv2d: y[n, oy, ox, o] = sum_{ky, kx, c} W[o, ky, kx, c] x[n, oy s + ky - p, ox s + kx - p, c] + b[o], zeros outside.
// How it is computed: engines/engine.h.
#pragma once

#include "nn/engines/engine.h"
#include "nn/layers/weight_parameters.h"

namespace bnlab {

struct ConvOptions {
  Index out, kernel = 3, stride = 1, pad = 1;
};

template <class T>
class Conv2d : public Layer<T> {
 public:
  Conv2d(ConvOptions options, bool bias, Choice initializer, Choice weight_map, std::string engine = "auto");
  Shape plan(Shape in, Planner& planner) override;
  void initialize(Workspace<T>& ws, uint64_t seed) const override;
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override;
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override;
  void drop_bias() override { weights_.has_bias = false; }
  void scale_initial_weights(double gain) override { weights_.initial_gain = gain; }
  double multiply_adds_per_sample() const override;
  bool adds() const override { return engine_->adds(); }
  bool takes_tail() const override { return engine_->takes_tail(); }
  bool measures() const override { return engine_->measures(); }
  std::string engine() const override { return engine_->name(); }

 private:
  ConvGeometry geometry(View<const T> x) const;
  ConvOptions options_;
  WeightParameters<T> weights_;
  ConvGeometry planned_{};
  std::string wish_;
  std::unique_ptr<ConvEngine<T>> engine_;
};

}  // namespace bnlab
