// What weight_standardization and its scaled version share: per unit, over the fan-in N,
//   u = (v - mean) / sqrt(variance + epsilon),   w = k u,
//   dv = s (du - mean(du) - u mean(du u)),  du = k dw,  s = 1 / sqrt(variance + epsilon)
#pragma once

#include <cmath>

#include "nn/catalogs.h"

namespace bnlab {

template <class T>
class StandardizedWeights : public WeightMap<T> {
 public:
  void describe(Fields& f) override { f.number("epsilon", epsilon_, at_least(0), "added to the variance over the fan-in"); }
  void plan(Index out, Index in, Planner&) override { out_ = out, in_ = in; }
  void forward(Workspace<T>& ws, const T* v, T* w) const override {
    for (Index o = 0; o < out_; ++o) {
      const auto [mean, inverse] = moments(v + o * in_);
      const double scale = inverse * factor(ws, o);
      for (Index i = 0; i < in_; ++i) w[o * in_ + i] = static_cast<T>((static_cast<double>(v[o * in_ + i]) - mean) * scale);
    }
  }
  void backward(Workspace<T>& ws, const T* v, const T* dw, T* dv) const override {
    for (Index o = 0; o < out_; ++o) {
      const T *row = v + o * in_, *drow = dw + o * in_;
      const auto [mean, inverse] = moments(row);
      double sum = 0, along = 0;  // of dw, of dw u
      for (Index i = 0; i < in_; ++i) {
        sum += static_cast<double>(drow[i]);
        along += static_cast<double>(drow[i]) * (static_cast<double>(row[i]) - mean) * inverse;
      }
      const double n = static_cast<double>(in_), scale = inverse * factor(ws, o);
      for (Index i = 0; i < in_; ++i) {
        const double u = (static_cast<double>(row[i]) - mean) * inverse;
        dv[o * in_ + i] = static_cast<T>(scale * (static_cast<double>(drow[i]) - sum / n - u * along / n));
      }
      factor_gradient(ws, o, along);
    }
  }

 protected:
  virtual double factor(Workspace<T>&, Index /*unit*/) const { return 1; }                              // k
  virtual void factor_gradient(Workspace<T>&, Index /*unit*/, double /*dw_u: sum of dw u*/) const {}
  Index out_ = 0, in_ = 0;
  double epsilon_ = 1e-10;

 private:
  struct Moments {
    double mean, inverse;
  };
  Moments moments(const T* row) const {
    double mean = 0, variance = 0;
    for (Index i = 0; i < in_; ++i) mean += static_cast<double>(row[i]);
    mean /= static_cast<double>(in_);
    for (Index i = 0; i < in_; ++i) variance += (static_cast<double>(row[i]) - mean) * (static_cast<double>(row[i]) - mean);
    variance /= static_cast<double>(in_);
    return {mean, 1 / std::sqrt(variance + epsilon_)};
  }
};

}  // namespace bnlab
