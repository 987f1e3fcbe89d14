#include "nn/layers/scalar_bias.h"

#include <algorithm>

#include "tensor/kernels/columns.h"
#include "tensor/kernels/elementwise.h"

namespace bnlab {

template <class T>
Shape ScalarBias<T>::plan(Shape in, Planner& planner) {
  bias_ = planner.parameters("bias", {1, 1, 1, 1}, Role::bias);
  sums_ = planner.scratch_doubles(in.c);
  partial_ = planner.scratch_doubles(column_scratch(in.rows(), in.c));
  return in;
}

template <class T>
void ScalarBias<T>::forward(const Pass<T>& pass, View<const T> x, View<T> y) const {
  const T bias = pass.ws[bias_][0];
  for_ranges(pass.pool, x.size(), [&, bias](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) y[i] = x[i] + bias;
  });
}

template <class T>
void ScalarBias<T>::backward(const Pass<T>& pass, View<const T>, View<const T>, View<const T> dy, View<T> dx) const {
  double* sums = pass.ws.doubles(sums_);
  column_sum<T>(pass.pool, dy, sums, pass.ws.doubles(partial_));
  double total = 0;
  for (Index c = 0; c < dy.c(); ++c) total += sums[c];
  pass.ws.gradient(bias_)[0] = static_cast<T>(total);
  if (!dx) return;
  for_ranges(pass.pool, dy.size(), [&](Index begin, Index end) { std::copy(dy.data + begin, dy.data + end, dx.data + begin); });
}

template class ScalarBias<float>;
template class ScalarBias<double>;

}  // namespace bnlab
