// row: one row of a map of h rows, y = x[:, k]. Whoever else reads the map reads other rows: backward writes 0 into those, or,
// told to add, leaves them alone.
#pragma once

#include "nn/layer.h"

namespace bnlab {

template <class T>
class Row : public Layer<T> {
 public:
  explicit Row(Index which) : which_(which) {}
  Shape plan(Shape in, Planner& planner) override;
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override;
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override;
  bool adds() const override { return true; }

 private:
  Index which_;  // from 0
};

}  // namespace bnlab
