#include "nn/layers/row.h"

#include <algorithm>

namespace bnlab {

template <class T>
Shape Row<T>::plan(Shape in, Planner&) {
  assert(which_ >= 0 && which_ < in.h);
  return {in.n, 1, 1, in.w * in.c};
}

template <class T>
void Row<T>::forward(const Pass<T>&, View<const T> x, View<T> y) const {
  for (Index i = 0; i < y.shape.n; ++i) std::copy_n(x.data + i * x.shape.sample() + which_ * y.c(), y.c(), y.row(i));
}

template <class T>
void Row<T>::backward(const Pass<T>& pass, View<const T>, View<const T>, View<const T> dy, View<T> dx) const {
  if (!dx) return;
  if (!pass.add) std::fill_n(dx.data, dx.size(), T(0));
  for (Index i = 0; i < dy.shape.n; ++i) {
    T* to = dx.data + i * dx.shape.sample() + which_ * dy.c();
    for (Index c = 0; c < dy.c(); ++c) to[c] += dy.at(i, c);
  }
}

template class Row<float>;
template class Row<double>;

}  // namespace bnlab
