// Pooling over space. Windows that stick out are not made: out = (in - size) / stride + 1, as PyTorch without padding.
//   max_pool:     y = max over the window; the gradient goes to the first largest entry
//   average_pool: y = mean over the window; size 0 means the whole image (global average pooling)
#pragma once

#include "nn/layer.h"

namespace bnlab {

template <class T>
class MaxPool : public Layer<T> {
 public:
  MaxPool(Index size, Index stride) : size_(size), stride_(stride) {}
  Shape plan(Shape in, Planner& planner) override;
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override;
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override;

 private:
  template <class Body>
  void for_largest(const Pass<T>& pass, View<const T> sides, Shape out, const Body& body) const;
  Index size_, stride_;
};

template <class T>
class AveragePool : public Layer<T> {
 public:
  AveragePool(Index size, Index stride) : size_(size), stride_(stride) {}
  Shape plan(Shape in, Planner& planner) override;
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override;
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override;

 private:
  Index height(Shape in) const { return size_ > 0 ? size_ : in.h; }
  Index width(Shape in) const { return size_ > 0 ? size_ : in.w; }
  Index size_, stride_;
};

// The parameter-free shortcut of He et al. (2015), type A: every stride-th position, new channels are zeros, half of
// them in front (as in the authors' CIFAR code).
template <class T>
class PaddedIdentity : public Layer<T> {
 public:
  PaddedIdentity(Index channels, Index stride) : channels_(channels), stride_(stride) {}
  Shape plan(Shape in, Planner& planner) override;
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override;
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override;

 private:
  Index channels_, stride_;
};

}  // namespace bnlab
