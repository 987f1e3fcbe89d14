#include "nn/layers/conv2d.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "tensor/kernels/gemm.h"

namespace bnlab {
namespace {

constexpr Index most_patch_bytes = 8 << 20;

}  // namespace

template <class T>
Conv2d<T>::Conv2d(ConvOptions options, bool bias, Choice initializer, Choice weight_map)
    : options_(options), weights_(bias, std::move(initializer), std::move(weight_map)) {}

template <class T>
ConvGeometry Conv2d<T>::geometry(View<const T> x) const {
  return {x.shape, options_.kernel, options_.kernel, options_.stride, options_.pad};
}

template <class T>
Shape Conv2d<T>::plan(Shape in, Planner& planner) {
  planned_ = {in, options_.kernel, options_.kernel, options_.stride, options_.pad};
  if (in.h + 2 * options_.pad < options_.kernel || in.w + 2 * options_.pad < options_.kernel) {
    throw ConfigError("model", fmt::format("{}: a {}x{} kernel does not fit {}", planner.scope(), options_.kernel, options_.kernel, text(in)));
  }
  const Shape out{in.n, planned_.out_h(), planned_.out_w(), options_.out};
  weights_.plan({options_.out, options_.kernel, options_.kernel, in.c}, out.rows(), planner);
  const Index bytes = planned_.positions() * planned_.patch() * static_cast<Index>(sizeof(T));
  block_ = std::clamp<Index>(most_patch_bytes / bytes, 1, in.n);
  patches_ = planner.scratch({1, block_, planned_.positions(), planned_.patch()});
  return out;
}

template <class T>
void Conv2d<T>::initialize(Workspace<T>& ws, uint64_t seed) const {
  weights_.initialize(ws, seed);
}

template <class T>
void Conv2d<T>::forward(const Pass<T>& pass, View<const T> x, View<T> y) const {
  const ConvGeometry g = geometry(x);
  const T* w = weights_.forward(pass.ws);
  const T beta = weights_.put_bias(pass.ws, y) ? 1 : 0;
  T* patches = pass.ws[patches_].data;
  for (Index first = 0; first < x.shape.n; first += block_) {
    const Index count = std::min(block_, x.shape.n - first), rows = count * g.positions();
    gather_patches<T>(pass.pool, g, x, first, count, patches);
    multiply<T>(pass.pool, {{Op::plain, Op::transposed, rows, options_.out, g.patch(), patches, g.patch(), w, g.patch(),
                             y.data + first * g.positions() * options_.out, options_.out, T(1), beta}});
  }
}

template <class T>
void Conv2d<T>::backward(const Pass<T>& pass, View<const T> x, View<const T>, View<const T> dy, View<T> dx) const {
  const ConvGeometry g = geometry(x);
  Workspace<T>& ws = pass.ws;
  T* patches = ws[patches_].data;
  for (Index first = 0; first < x.shape.n; first += block_) {
    const Index count = std::min(block_, x.shape.n - first), rows = count * g.positions();
    const T* up = dy.data + first * g.positions() * options_.out;
    gather_patches<T>(pass.pool, g, x, first, count, patches);
    multiply<T>(pass.pool, {{Op::transposed, Op::plain, options_.out, g.patch(), rows, up, options_.out, patches, g.patch(), weights_.gradient(ws),
                             g.patch(), T(1), first == 0 ? T(0) : T(1)}});
    if (!dx) continue;
    multiply<T>(pass.pool, {{Op::plain, Op::plain, rows, g.patch(), options_.out, up, options_.out, weights_.effective(ws), g.patch(), patches, g.patch()}});
    scatter_patches<T>(pass.pool, g, patches, first, count, dx);
  }
  weights_.finish(ws);
  weights_.bias_gradient(pass, dy);
}

template <class T>
double Conv2d<T>::multiply_adds_per_sample() const {
  return static_cast<double>(planned_.positions()) * static_cast<double>(planned_.patch()) * static_cast<double>(options_.out);
}

template class Conv2d<float>;
template class Conv2d<double>;

}  // namespace bnlab
