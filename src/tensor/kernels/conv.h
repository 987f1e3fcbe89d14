// 2-D convolution as patches: a row of `patches` is what one output position sees, kernel_h x kernel_w x c numbers in the
// order of the weights (out, kernel_h, kernel_w, c); positions outside the image are zeros.
#pragma once

#include "core/pool.h"
#include "tensor/shape.h"

namespace bnlab {

struct ConvGeometry {
  Shape in;  // n is the batch
  Index kernel_h, kernel_w, stride, pad;
  Index out_h() const { return (in.h + 2 * pad - kernel_h) / stride + 1; }
  Index out_w() const { return (in.w + 2 * pad - kernel_w) / stride + 1; }
  Index positions() const { return out_h() * out_w(); }
  Index patch() const { return kernel_h * kernel_w * in.c; }
};

// patches (count * positions x patch) of the samples first .. first + count - 1
template <class T>
void gather_patches(Pool& pool, const ConvGeometry& g, View<const T> x, Index first, Index count, T* patches);

// The transpose of gathering: dx of those samples is the sum over all patches that saw each entry. Overwrites dx,
// or adds to it.
template <class T>
void scatter_patches(Pool& pool, const ConvGeometry& g, const T* patches, Index first, Index count, View<T> dx, bool add = false);

}  // namespace bnlab
