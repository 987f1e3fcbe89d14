#include "tensor/kernels/conv.h"

#include <algorithm>

namespace bnlab {
namespace {

// Calls body(input row or -1, patch offset of that row of the kernel) for each output position of a sample.
template <class Body>
void for_kernel_rows(const ConvGeometry& g, Index oy, const Body& body) {
  for (Index ky = 0; ky < g.kernel_h; ++ky) {
    const Index y = oy * g.stride + ky - g.pad;
    body(y >= 0 && y < g.in.h ? y : -1, ky * g.kernel_w * g.in.c);
  }
}

}  // namespace

template <class T>
void gather_patches(Pool& pool, const ConvGeometry& g, View<const T> x, Index first, Index count, T* patches) {
  const Index c = g.in.c, sample = g.in.sample();
  pool.run(static_cast<int>(count), [&](int i) {
    const T* image = x.data + (first + i) * sample;
    T* row = patches + i * g.positions() * g.patch();
    for (Index oy = 0; oy < g.out_h(); ++oy) {
      for (Index ox = 0; ox < g.out_w(); ++ox, row += g.patch()) {
        const Index x0 = ox * g.stride - g.pad;
        const Index begin = std::max<Index>(0, -x0), end = std::min(g.kernel_w, g.in.w - x0);
        for_kernel_rows(g, oy, [&](Index y, Index at) {
          T* out = row + at;
          if (y < 0 || begin >= end) {
            std::fill_n(out, g.kernel_w * c, T(0));
            return;
          }
          std::fill_n(out, begin * c, T(0));
          std::copy_n(image + (y * g.in.w + x0 + begin) * c, (end - begin) * c, out + begin * c);
          std::fill_n(out + end * c, (g.kernel_w - end) * c, T(0));
        });
      }
    }
  });
}

template <class T>
void scatter_patches(Pool& pool, const ConvGeometry& g, const T* patches, Index first, Index count, View<T> dx, bool add) {
  const Index c = g.in.c, sample = g.in.sample();
  pool.run(static_cast<int>(count), [&](int i) {
    T* image = dx.data + (first + i) * sample;
    if (!add) std::fill_n(image, sample, T(0));
    const T* row = patches + i * g.positions() * g.patch();
    for (Index oy = 0; oy < g.out_h(); ++oy) {
      for (Index ox = 0; ox < g.out_w(); ++ox, row += g.patch()) {
        const Index x0 = ox * g.stride - g.pad;
        const Index begin = std::max<Index>(0, -x0), end = std::min(g.kernel_w, g.in.w - x0);
        for_kernel_rows(g, oy, [&](Index y, Index at) {
          if (y < 0 || begin >= end) return;
          T* out = image + (y * g.in.w + x0 + begin) * c;
          const T* in = row + at + begin * c;
          for (Index k = 0; k < (end - begin) * c; ++k) out[k] += in[k];
        });
      }
    }
  });
}

template void gather_patches(Pool&, const ConvGeometry&, View<const float>, Index, Index, float*);
template void gather_patches(Pool&, const ConvGeometry&, View<const double>, Index, Index, double*);
template void scatter_patches(Pool&, const ConvGeometry&, const float*, Index, Index, View<float>, bool);
template void scatter_patches(Pool&, const ConvGeometry&, const double*, Index, Index, View<double>, bool);

}  // namespace bnlab
