// weight_norm (Salimans & Kingma 2016, eq. 2-3): per unit, w = g v / ||v||; g starts at ||v||, so w starts at v (times a gain).
//   dg = <dw, v> / ||v||,   dv = g / ||v|| (dw - dg v / ||v||)
#include <cmath>

#include "nn/catalogs.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class WeightNorm : public WeightMap<T> {
 public:
  void plan(Index out, Index in, Planner& planner) override {
    out_ = out, in_ = in;
    gain_ = planner.parameters("weight_gain", {1, 1, 1, out}, Role::gain);
  }
  void initialize(Workspace<T>& ws, const T* v, double gain) const override {
    for (Index o = 0; o < out_; ++o) ws[gain_][o] = static_cast<T>(gain * std::sqrt(product(v + o * in_, v + o * in_)));
  }
  bool takes_gain() const override { return true; }
  void forward(Workspace<T>& ws, const T* v, T* w) const override {
    for (Index o = 0; o < out_; ++o) {
      const T* row = v + o * in_;
      const auto scale = static_cast<T>(static_cast<double>(ws[gain_][o]) / std::sqrt(product(row, row)));
      for (Index i = 0; i < in_; ++i) w[o * in_ + i] = scale * row[i];
    }
  }
  void backward(Workspace<T>& ws, const T* v, const T* dw, T* dv) const override {
    for (Index o = 0; o < out_; ++o) {
      const T *row = v + o * in_, *drow = dw + o * in_;
      const double norm = std::sqrt(product(row, row)), dg = product(drow, row) / norm;
      ws.gradient(gain_)[o] = static_cast<T>(dg);
      const auto scale = static_cast<T>(static_cast<double>(ws[gain_][o]) / norm), along = static_cast<T>(dg / norm);
      for (Index i = 0; i < in_; ++i) dv[o * in_ + i] = scale * (drow[i] - along * row[i]);
    }
  }

 private:
  double product(const T* a, const T* b) const {
    double sum = 0;
    for (Index i = 0; i < in_; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
  }
  Index out_ = 0, in_ = 0;
  Slot gain_;
};

}  // namespace

BNLAB_DEFINE_MAKE(weight_maps, weight_norm, WeightNorm<T>)

}  // namespace bnlab
