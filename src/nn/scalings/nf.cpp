// nf (Brock, De & Smith 2021, normalizer-free ResNets): y = skip + alpha branch(h / beta), beta^2 the variance that h is
// expected to have: 1 behind the stem, alpha^2 more with each block, 1 + alpha^2 behind a block whose shape changes, for
// there the shortcut takes h / beta as well. Each branch is meant to keep the variance of what it gets: the published
// weights are scaled_weight_standardization, with gamma for the activation.
//   gain: the branch's learned factor from 0 (SkipInit), as in the official code
// Everything here scales with the stem, so a stem whose output has variance v makes all variances v times the expected.
#include "nn/layers/scale.h"
#include "nn/scalings/weighted_sum.h"

namespace bnlab {
namespace {

template <class T>
class NormalizerFree : public WeightedSum<T> {
 public:
  void describe(Fields& f) override {
    f.number("alpha", alpha_, at_least(0), "factor of each branch");
    f.boolean("gain", gain_, "a learned scalar at the end of each branch, from 0");
  }
  std::unique_ptr<Layer<T>> before(const Place& place) const override {
    if (place.summed == 0 || (place.spot != Spot::branch && place.spot != Spot::transition)) return nullptr;
    return std::make_unique<Scale<T>>(1 / std::sqrt(1 + alpha_ * alpha_ * place.summed));
  }

 protected:
  typename WeightedSum<T>::Factors factors(int, int) const override { return {1, alpha_, gain_ ? "gain" : nullptr, 0}; }

 private:
  double alpha_ = 0.2;
  bool gain_ = false;
};

}  // namespace

BNLAB_DEFINE_MAKE(scalings, nf, NormalizerFree<T>)

}  // namespace bnlab
