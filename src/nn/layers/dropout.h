// dropout (Srivastava et al. 2014, inverted): in train mode y = x * mask / (1 - p), P(mask = 0) = p; elsewhere y = x.
#pragma once

#include "nn/layer.h"

namespace bnlab {

template <class T>
class Dropout : public Layer<T> {
 public:
  explicit Dropout(double rate) : rate_(rate) {}
  Shape plan(Shape in, Planner& planner) override;
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override;
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override;

 private:
  double rate_;
  Purpose noise_;
  Slot scale_;  // mask / (1 - p)
};

}  // namespace bnlab
