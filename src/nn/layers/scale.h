// scale: y = factor x, the factor fixed;   dx = factor dy
#pragma once

#include "nn/layer.h"
#include "tensor/kernels/elementwise.h"

namespace bnlab {

template <class T>
class Scale : public Layer<T> {
 public:
  explicit Scale(double factor) : factor_(static_cast<T>(factor)) {}
  Shape plan(Shape in, Planner&) override { return in; }
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override { multiply(pass, x, y); }
  void backward(const Pass<T>& pass, View<const T>, View<const T>, View<const T> dy, View<T> dx) const override {
    if (dx) multiply(pass, dy, dx);
  }

 private:
  void multiply(const Pass<T>& pass, View<const T> from, View<T> to) const {
    for_ranges(pass.pool, from.size(), [&, factor = factor_](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) to[i] = factor * from[i];
    });
  }
  T factor_;
};

}  // namespace bnlab
