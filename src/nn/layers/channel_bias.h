// channel_bias (Shao et al. 2020, the bias of RescaleNet): y = x + s b - mean, per channel, b learned from 0 and
//   mean  the plain average of the channel means of the first `measured` training batches, the one at hand included;
//         no gradient goes through it
//   s     1e-2 until those have passed, 1 from then on
//   db = s sum dy,   dx = dy
// measured = 0: y = x + b.
#pragma once

#include "nn/layer.h"

namespace bnlab {

template <class T>
class ChannelBias : public Layer<T> {
 public:
  explicit ChannelBias(Index measured) : measured_(measured) {}
  Shape plan(Shape in, Planner& planner) override;
  void initialize(Workspace<T>& ws, uint64_t seed) const override;
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override;
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override;
  bool exact_derivative() const override { return measured_ == 0; }  // while the mean is being measured

 private:
  bool measuring(const Workspace<T>& ws) const { return measured_ > 0 && ws[batches_][0] < static_cast<T>(measured_); }
  void measure(const Pass<T>& pass, View<const T> x) const;
  Index measured_;
  Slot bias_, mean_, batches_;  // mean_, batches_: only if measured_ > 0
  Slot shift_, scale_, sums_, partial_;
};

}  // namespace bnlab
