// Reparameterizations of a weight matrix: what is learned is v (out x in), what multiplies the input is w = map(v).
#pragma once

#include "nn/layer.h"

namespace bnlab {

template <class T>
class WeightMap : public Component {
 public:
  virtual void plan(Index out, Index in, Planner& planner) = 0;
  // For a drawn v: w starts `gain` times as large as it would. Not possible where the map fixes the scale of w.
  virtual void initialize(Workspace<T>&, const T* /*v*/, double /*gain*/) const {}
  virtual bool takes_gain() const { return false; }
  virtual void forward(Workspace<T>& ws, const T* v, T* w) const = 0;
  // dv from dw, and the gradients of its own parameters.
  virtual void backward(Workspace<T>& ws, const T* v, const T* dw, T* dv) const = 0;
};

}  // namespace bnlab
