// How a residual block joins its skip and its branch.
#pragma once

#include "nn/layer.h"

namespace bnlab {

template <class T>
class Scaling : public Component {
 public:
  // block: 1 .. blocks; shape: of the skip, the branch and their join
  virtual bool plain_sum() const { return false; }  // is y = skip + branch, nothing else?
  virtual void plan(Shape shape, int block, int blocks, Planner& planner) = 0;
  virtual void initialize(Workspace<T>&, uint64_t /*seed*/) const {}
  virtual void forward(const Pass<T>&, View<const T> skip, View<const T> branch, View<T> y) const = 0;
  // Either of dskip, dbranch may be absent.
  virtual void backward(const Pass<T>&, View<const T> skip, View<const T> branch, View<const T> dy, View<T> dskip,
                        View<T> dbranch) const = 0;
};

}  // namespace bnlab
