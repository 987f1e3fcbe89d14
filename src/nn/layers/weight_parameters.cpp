#include "nn/layers/weight_parameters.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "tensor/kernels/columns.h"

namespace bnlab {

template <class T>
void WeightParameters<T>::plan(Shape shape, Index rows, Planner& planner) {
  name_ = planner.parameters_scope();
  weight_ = planner.parameters("weight", shape, Role::weight);
  if (has_bias) {
    bias_ = planner.parameters("bias", {1, 1, 1, shape.n}, Role::bias);
    sums_ = planner.scratch_doubles(shape.n);
    partial_ = planner.scratch_doubles(column_scratch(rows, shape.n));
  }
  if (map_choice_.name == "plain") return;
  map_ = make_as<WeightMap<T>>(weight_maps<T>(), map_choice_);
  map_->plan(shape.n, shape.sample(), planner);
  if (initial_gain != 1 && !map_->takes_gain()) {
    throw ConfigError("model.weights", fmt::format("{} fixes the scale of the weights, but the scaling asks {} to start {:.3g} times as large; use plain, weight_norm or scaled_weight_standardization with learn_gain", map_choice_.name, name_, initial_gain));
  }
  mapped_ = planner.cache(shape);
  dmapped_ = planner.scratch(shape);
}

template <class T>
void WeightParameters<T>::initialize(Workspace<T>& ws, uint64_t seed) const {
  std::vector<double> weight(static_cast<size_t>(weight_.shape.size()));
  make_as<Initializer>(initializers(), initializer_)->fill(Stream(seed, "init/" + name_ + "/weight"), weight.data(), out(), fan_in());
  const double gain = map_ ? 1 : initial_gain;
  std::transform(weight.begin(), weight.end(), ws[weight_].data, [&](double w) { return static_cast<T>(gain * w); });
  if (has_bias) std::fill_n(ws[bias_].data, out(), T(0));
  if (map_) map_->initialize(ws, ws[weight_].data, initial_gain);
}

template <class T>
const T* WeightParameters<T>::forward(Workspace<T>& ws) const {
  if (map_) map_->forward(ws, ws[weight_].data, ws[mapped_].data);
  return effective(ws);
}

template <class T>
void WeightParameters<T>::finish(Workspace<T>& ws) const {
  if (map_) map_->backward(ws, ws[weight_].data, ws[dmapped_].data, ws.gradient(weight_));
}

template <class T>
bool WeightParameters<T>::put_bias(Workspace<T>& ws, View<T> y) const {
  if (!has_bias) return false;
  const T* bias = ws[bias_].data;
  for (Index r = 0; r < y.rows(); ++r) std::copy_n(bias, out(), y.row(r));
  return true;
}

template <class T>
void WeightParameters<T>::bias_gradient(const Pass<T>& pass, View<const T> dy) const {
  if (!has_bias) return;
  double* sums = pass.ws.doubles(sums_);
  column_sum<T>(pass.pool, dy, sums, pass.ws.doubles(partial_));
  for (Index o = 0; o < out(); ++o) pass.ws.gradient(bias_)[o] = static_cast<T>(sums[o]);
}

template class WeightParameters<float>;
template class WeightParameters<double>;

}  // namespace bnlab
