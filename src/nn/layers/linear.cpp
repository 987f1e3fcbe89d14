#include "nn/layers/linear.h"

#include <algorithm>

#include "tensor/kernels/elementwise.h"

namespace bnlab {

template <class T>
Linear<T>::Linear(Index out, bool bias, Choice initializer, Choice weight_map)
    : out_(out), has_bias_(bias), initializer_(std::move(initializer)), map_choice_(std::move(weight_map)) {}

template <class T>
Shape Linear<T>::plan(Shape in, Planner& planner) {
  in_ = in.sample();
  name_ = planner.scope();
  weight_ = planner.parameters("weight", {out_, 1, 1, in_}, Role::weight);
  if (has_bias_) {
    bias_ = planner.parameters("bias", {1, 1, 1, out_}, Role::bias);
    sums_ = planner.scratch_doubles(out_);
    partial_ = planner.scratch_doubles(column_scratch(in.n, out_));
  }
  if (map_choice_.name != "plain") {
    map_ = make_as<WeightMap<T>>(weight_maps<T>(), map_choice_);
    map_->plan(out_, in_, planner);
    mapped_ = planner.cache({out_, 1, 1, in_});
    dmapped_ = planner.scratch({out_, 1, 1, in_});
  }
  return {in.n, 1, 1, out_};
}

template <class T>
void Linear<T>::initialize(Workspace<T>& ws, uint64_t seed) const {
  std::vector<double> weight(static_cast<size_t>(out_ * in_));
  make_as<Initializer>(initializers(), initializer_)->fill(Stream(seed, "init/" + name_ + "/weight"), weight.data(), out_, in_);
  std::transform(weight.begin(), weight.end(), ws[weight_].data, [](double w) { return static_cast<T>(w); });
  if (has_bias_) std::fill_n(ws[bias_].data, out_, T(0));
  if (map_) map_->initialize(ws, ws[weight_].data);
}

template <class T>
void Linear<T>::forward(const Pass<T>& pass, View<const T> x, View<T> y) const {
  const Index n = x.shape.n;
  if (map_) map_->forward(pass.ws, pass.ws[weight_].data, pass.ws[mapped_].data);
  T beta = 0;
  if (has_bias_) {
    beta = 1;
    const T* bias = pass.ws[bias_].data;
    for (Index r = 0; r < n; ++r) std::copy_n(bias, out_, y.row(r));
  }
  multiply<T>(pass.pool, {{Op::plain, Op::transposed, n, out_, in_, x.data, in_, effective_weight(pass.ws), in_, y.data, out_, T(1), beta}});
}

template <class T>
void Linear<T>::backward(const Pass<T>& pass, View<const T> x, View<const T>, View<const T> dy, View<T> dx) const {
  const Index n = x.shape.n;
  Workspace<T>& ws = pass.ws;
  T* dw = map_ ? ws[dmapped_].data : ws.gradient(weight_);
  const Gemm<T> weights{Op::transposed, Op::plain, out_, in_, n, dy.data, out_, x.data, in_, dw, in_};
  if (dx) {
    multiply<T>(pass.pool, {weights, {Op::plain, Op::plain, n, in_, out_, dy.data, out_, effective_weight(ws), in_, dx.data, in_}});
  } else {
    multiply<T>(pass.pool, {weights});
  }
  if (map_) map_->backward(ws, ws[weight_].data, dw, ws.gradient(weight_));
  if (has_bias_) {
    double* sums = ws.doubles(sums_);
    column_sum<T>(pass.pool, dy, sums, ws.doubles(partial_));
    for (Index o = 0; o < out_; ++o) ws.gradient(bias_)[o] = static_cast<T>(sums[o]);
  }
}

template class Linear<float>;
template class Linear<double>;

}  // namespace bnlab
