// divide_sqrt2: y = (skip + branch) / sqrt(2), which keeps the variance where the two are independent and alike. Block k of
// L weighs 2^(-(L - k + 1) / 2) at the output: the last few blocks decide (De & Smith 2020, "block divided by sqrt 2").
#include "nn/scalings/weighted_sum.h"

namespace bnlab {
namespace {

template <class T>
class DivideSqrt2 : public WeightedSum<T> {
 protected:
  typename WeightedSum<T>::Factors factors(int, int) const override { return {std::sqrt(0.5), std::sqrt(0.5)}; }
};

}  // namespace

BNLAB_DEFINE_MAKE(scalings, divide_sqrt2, DivideSqrt2<T>)

}  // namespace bnlab
