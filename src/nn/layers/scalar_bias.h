// scalar_bias: y = x + b, one b for the whole layer, learned from 0;   db = sum dy,  dx = dy
#pragma once

#include "nn/layer.h"

namespace bnlab {

template <class T>
class ScalarBias : public Layer<T> {
 public:
  Shape plan(Shape in, Planner& planner) override;
  void initialize(Workspace<T>& ws, uint64_t) const override { ws[bias_][0] = 0; }
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override;
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override;

 private:
  Slot bias_, sums_, partial_;
};

}  // namespace bnlab
