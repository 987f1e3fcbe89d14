// The weight of a linear or convolutional layer, its reparameterization and its bias: what the two kinds share.
#pragma once

#include "nn/catalogs.h"

namespace bnlab {

template <class T>
class WeightParameters {
 public:
  WeightParameters(bool bias, Choice initializer, Choice map) : has_bias(bias), initializer_(std::move(initializer)), map_choice_(std::move(map)) {}

  // shape: (out, kernel_h, kernel_w, c); rows: of the output, at most
  void plan(Shape shape, Index rows, Planner& planner);
  void initialize(Workspace<T>& ws, uint64_t seed) const;

  // What multiplies the input, out x fan_in; maps v to it first where a map is asked for.
  const T* forward(Workspace<T>& ws) const;
  const T* effective(Workspace<T>& ws) const { return map_ ? ws[mapped_].data : ws[weight_].data; }
  // Where the gradient of the effective weight goes; finish() turns it into that of v.
  T* gradient(Workspace<T>& ws) const { return map_ ? ws[dmapped_].data : ws.gradient(weight_); }
  void finish(Workspace<T>& ws) const;

  const T* bias(Workspace<T>& ws) const { return has_bias ? ws[bias_].data : nullptr; }
  // y <- bias in every row; false where there is none.
  bool put_bias(Workspace<T>& ws, View<T> y) const;
  void bias_gradient(const Pass<T>& pass, View<const T> dy) const;

  bool has_bias;
  double initial_gain = 1;  // factor of the initial weights

 private:
  Index out() const { return weight_.shape.n; }
  Index fan_in() const { return weight_.shape.sample(); }
  Choice initializer_, map_choice_;
  std::unique_ptr<WeightMap<T>> map_;
  std::string name_;
  Slot weight_, bias_, mapped_, dmapped_, sums_, partial_;
};

}  // namespace bnlab
