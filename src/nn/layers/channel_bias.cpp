#include "nn/layers/channel_bias.h"

#include <algorithm>

#include "tensor/kernels/columns.h"
#include "tensor/kernels/elementwise.h"

namespace bnlab {

template <class T>
Shape ChannelBias<T>::plan(Shape in, Planner& planner) {
  const Shape per_channel{1, 1, 1, in.c};
  bias_ = planner.parameters("bias", per_channel, Role::bias);
  if (measured_ > 0) {
    mean_ = planner.state("initial_mean", per_channel);
    batches_ = planner.state("batches", {1, 1, 1, 1});
  }
  shift_ = planner.scratch(per_channel);
  scale_ = planner.cache({1, 1, 1, 1});
  sums_ = planner.scratch_doubles(in.c);
  partial_ = planner.scratch_doubles(column_scratch(in.rows(), in.c));
  return in;
}

template <class T>
void ChannelBias<T>::initialize(Workspace<T>& ws, uint64_t) const {
  std::fill_n(ws[bias_].data, bias_.shape.c, T(0));
  if (measured_ == 0) return;
  std::fill_n(ws[mean_].data, mean_.shape.c, T(0));
  ws[batches_][0] = 0;
}

template <class T>
void ChannelBias<T>::measure(const Pass<T>& pass, View<const T> x) const {
  double* sums = pass.ws.doubles(sums_);
  column_sum<T>(pass.pool, x, sums, pass.ws.doubles(partial_));
  T& batches = pass.ws[batches_][0];
  batches += 1;
  const double rate = 1 / static_cast<double>(batches), rows = static_cast<double>(x.rows());
  T* mean = pass.ws[mean_].data;
  for (Index c = 0; c < x.c(); ++c) mean[c] = static_cast<T>((1 - rate) * static_cast<double>(mean[c]) + rate * sums[c] / rows);
}

template <class T>
void ChannelBias<T>::forward(const Pass<T>& pass, View<const T> x, View<T> y) const {
  Workspace<T>& ws = pass.ws;
  const T scale = ws[scale_][0] = measuring(ws) ? T(1e-2) : T(1);
  if (measuring(ws) && pass.mode == Mode::train) measure(pass, x);
  T* shift = ws[shift_].data;
  for (Index c = 0; c < x.c(); ++c) shift[c] = scale * ws[bias_][c] - (measured_ > 0 ? ws[mean_][c] : T(0));
  const Pieces pieces(x.rows(), std::max<Index>(1, (1 << 15) / x.c()));
  pass.pool.run(pieces.pieces, [&](int i) {
    for (Index r = pieces.begin(i); r < pieces.end(i); ++r) {
      const T* in = x.row(r);
      T* out = y.row(r);
      for (Index c = 0; c < x.c(); ++c) out[c] = in[c] + shift[c];
    }
  });
}

template <class T>
void ChannelBias<T>::backward(const Pass<T>& pass, View<const T>, View<const T>, View<const T> dy, View<T> dx) const {
  double* sums = pass.ws.doubles(sums_);
  column_sum<T>(pass.pool, dy, sums, pass.ws.doubles(partial_));
  const auto scale = static_cast<double>(pass.ws[scale_][0]);
  for (Index c = 0; c < dy.c(); ++c) pass.ws.gradient(bias_)[c] = static_cast<T>(scale * sums[c]);
  if (!dx) return;
  for_ranges(pass.pool, dy.size(), [&](Index begin, Index end) { std::copy(dy.data + begin, dy.data + end, dx.data + begin); });
}

template class ChannelBias<float>;
template class ChannelBias<double>;

}  // namespace bnlab
