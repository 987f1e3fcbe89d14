// What may follow a layer in the same pass over memory: y = rectify(what it computes + skip).
#pragma once

#include "core/pool.h"
#include "tensor/kernels/elementwise.h"
#include "tensor/shape.h"

namespace bnlab {

template <class T>
struct Tail {
  const T* skip = nullptr;  // as large as y
  bool rectify = false;
  // Backward: dy, to be overwritten by the gradient in front of the rectifier, which is that of skip too.
  T* gradient = nullptr;
};

// max(x, 0); a NaN stays one
template <class T>
inline T rectified(T x) {
  return x > 0 ? x : x != x ? x : T(0);
}

// gradient <- 0 where y was cut off
template <class T>
void gate(Pool& pool, View<const T> y, T* gradient) {
  for_ranges(pool, y.size(), [&](Index begin, Index end) {
    const T* out = y.data;
    T* g = gradient;
    for (Index i = begin; i < end; ++i) g[i] = out[i] > 0 ? g[i] : T(0);
  });
}

}  // namespace bnlab
