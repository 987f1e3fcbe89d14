// conv2d: y[n, oy, ox, o] = sum_{ky, kx, c} W[o, ky, kx, c] x[n, oy s + ky - p, ox s + kx - p, c] + b[o], zeros outside.
// Patches times weights, in blocks of samples whose patches stay small:
//   y = P W^T,   dW = dy^T P,   dx = scatter(dy W)
#pragma once

#include "nn/layers/weight_parameters.h"
#include "tensor/kernels/conv.h"

namespace bnlab {

struct ConvOptions {
  Index out, kernel = 3, stride = 1, pad = 1;
};

template <class T>
class Conv2d : public Layer<T> {
 public:
  Conv2d(ConvOptions options, bool bias, Choice initializer, Choice weight_map);
  Shape plan(Shape in, Planner& planner) override;
  void initialize(Workspace<T>& ws, uint64_t seed) const override;
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override;
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override;
  void drop_bias() override { weights_.has_bias = false; }
  void scale_initial_weights(double gain) override { weights_.initial_gain = gain; }
  double multiply_adds_per_sample() const override;

 private:
  ConvGeometry geometry(View<const T> x) const;
  ConvOptions options_;
  WeightParameters<T> weights_;
  ConvGeometry planned_{};
  Index block_ = 1;  // samples whose patches are held at once
  Slot patches_;
};

}  // namespace bnlab
