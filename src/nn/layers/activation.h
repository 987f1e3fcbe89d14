// An activation y = f(x), element by element. F has value(x) and slope(x, y); one with a kink at 0 also says so
// (`kinked`) and is y = slope(side, side) x, where side is x or what a held pattern has in its place.
#pragma once

#include <cmath>

#include "nn/catalogs.h"
#include "nn/table.h"
#include "tensor/kernels/elementwise.h"

namespace bnlab {

template <class T, class F>
class Activation : public Layer<T> {
 public:
  void describe(Fields& f) override {
    if constexpr (requires { function_.describe(f); }) function_.describe(f);
  }
  Shape plan(Shape in, Planner&) override { return in; }
  bool rectifies() const override { return requires { F::rectifies; }; }
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override {
    const F function = function_;
    if constexpr (kinked) {
      if (pass.pattern_input) return times_slope(pass, pass.pattern_input, x, y);
    }
    for_ranges(pass.pool, x.size(), [&, function](Index begin, Index end) {
      const T* in = x.data;
      T* out = y.data;
      for (Index i = begin; i < end; ++i) out[i] = function.value(in[i]);
    });
  }
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override {
    if (!dx) return;
    const F function = function_;
    if constexpr (kinked) {
      if (pass.pattern_input) return times_slope(pass, pass.pattern_input, dy, dx);
    }
    for_ranges(pass.pool, x.size(), [&, function](Index begin, Index end) {
      const T *in = x.data, *out = y.data, *up = dy.data;
      T* down = dx.data;
      for (Index i = begin; i < end; ++i) {
        if constexpr (requires { F::rectifies; }) {
          down[i] = in[i] > 0 ? up[i] : T(0);
        } else {
          down[i] = up[i] * function.slope(in[i], out[i]);
        }
      }
    });
  }

 private:
  static constexpr bool kinked = requires { F::kinked; };
  void times_slope(const Pass<T>& pass, View<const T> side, View<const T> from, View<T> to) const {
    for_ranges(pass.pool, from.size(), [&](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) to[i] = function_.slope(side[i], side[i]) * from[i];
    });
  }
  F function_;
};

}  // namespace bnlab
