#include "nn/layers/dropout.h"

#include <algorithm>

namespace bnlab {

template <class T>
Shape Dropout<T>::plan(Shape in, Planner& planner) {
  noise_ = Purpose("noise/" + planner.scope());
  scale_ = planner.cache(in);
  return in;
}

template <class T>
void Dropout<T>::forward(const Pass<T>& pass, View<const T> x, View<T> y) const {
  if (pass.mode != Mode::train) {
    std::copy_n(x.data, x.size(), y.data);
    return;
  }
  T* scale = pass.ws[scale_].data;
  Stream(pass.seed, noise_).fill_uniform(static_cast<uint64_t>(pass.step), scale, static_cast<size_t>(x.size()));
  const auto keep = static_cast<T>(1 / (1 - rate_)), rate = static_cast<T>(rate_);
  for (Index i = 0; i < x.size(); ++i) {
    scale[i] = scale[i] < rate ? T(0) : keep;
    y[i] = x[i] * scale[i];
  }
}

template <class T>
void Dropout<T>::backward(const Pass<T>& pass, View<const T>, View<const T>, View<const T> dy, View<T> dx) const {
  if (!dx) return;
  const T* scale = pass.ws[scale_].data;
  for (Index i = 0; i < dy.size(); ++i) dx[i] = pass.mode == Mode::train ? dy[i] * scale[i] : dy[i];
}

template class Dropout<float>;
template class Dropout<double>;

}  // namespace bnlab
