// linear: y = x W^T + b, W is out x in. Inputs with h, w > 1 are flattened per sample.
#pragma once

#include "nn/catalogs.h"
#include "tensor/kernels/columns.h"
#include "tensor/kernels/gemm.h"

namespace bnlab {

template <class T>
class Linear : public Layer<T> {
 public:
  Linear(Index out, bool bias, Choice initializer, Choice weight_map);
  Shape plan(Shape in, Planner& planner) override;
  void initialize(Workspace<T>& ws, uint64_t seed) const override;
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override;
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override;
  void drop_bias() override { has_bias_ = false; }
  double multiply_adds_per_sample() const override { return static_cast<double>(in_) * static_cast<double>(out_); }

 private:
  const T* effective_weight(Workspace<T>& ws) const { return map_ ? ws[mapped_].data : ws[weight_].data; }
  Index in_ = 0, out_;
  bool has_bias_;
  Choice initializer_, map_choice_;
  std::unique_ptr<WeightMap<T>> map_;
  std::string name_;
  Slot weight_, bias_, mapped_, dmapped_, sums_, partial_;
};

}  // namespace bnlab
