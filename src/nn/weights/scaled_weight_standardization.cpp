// scaled_weight_standardization (Brock et al. 2021, eq. 1): per unit, w = gamma g (v - mean) / sqrt(N (variance + epsilon)),
// N the fan-in, g learned from 1
#include "nn/table.h"
#include "nn/weights/standardized.h"

namespace bnlab {
namespace {

template <class T>
class Scaled : public StandardizedWeights<T> {
 public:
  void describe(Fields& f) override {
    StandardizedWeights<T>::describe(f);
    f.number("gamma", gamma_, above(0), "gain of the activation: 1 for linear, sqrt(2 / (1 - 1/pi)) = 1.7129 for ReLU");
    f.boolean("learn_gain", learn_, "a gain per unit, from 1");
  }
  void plan(Index out, Index in, Planner& planner) override {
    StandardizedWeights<T>::plan(out, in, planner);
    if (learn_) gain_ = planner.parameters("weight_gain", {1, 1, 1, out}, Role::gain);
  }
  void initialize(Workspace<T>& ws, const T*, double gain) const override {
    for (Index o = 0; learn_ && o < this->out_; ++o) ws[gain_][o] = static_cast<T>(gain);
  }
  bool takes_gain() const override { return learn_; }

 protected:
  double factor(Workspace<T>& ws, Index unit) const override {
    return fixed() * (learn_ ? static_cast<double>(ws[gain_][unit]) : 1.0);
  }
  void factor_gradient(Workspace<T>& ws, Index unit, double dw_u) const override {
    if (learn_) ws.gradient(gain_)[unit] = static_cast<T>(fixed() * dw_u);
  }

 private:
  double fixed() const { return gamma_ / std::sqrt(static_cast<double>(this->in_)); }
  double gamma_ = 1;
  bool learn_ = true;
  Slot gain_;
};

}  // namespace

BNLAB_DEFINE_MAKE(weight_maps, scaled_weight_standardization, Scaled<T>)

}  // namespace bnlab
