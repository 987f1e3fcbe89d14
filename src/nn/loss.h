// Losses. What is predicted is either a class (labels) or numbers (targets).
#pragma once

#include <cstdint>

#include "core/fields.h"
#include "core/pool.h"
#include "tensor/shape.h"

namespace bnlab {

template <class T>
struct Batch {
  View<const T> x;
  const int32_t* labels = nullptr;  // n, or null
  View<const T> targets;            // n x outputs, or null
  Index n() const { return x.shape.n; }
};

template <class T>
class Loss : public Component {
 public:
  // The loss of the batch, in double; where `gradient` is given, it becomes dloss/doutput.
  virtual double operator()(View<const T> output, const Batch<T>& batch, View<T> gradient) const = 0;
  virtual bool needs_labels() const = 0;
  // false: the loss of a batch is the mean over its samples; true: their sum.
  virtual bool sums() const { return false; }
};

}  // namespace bnlab
