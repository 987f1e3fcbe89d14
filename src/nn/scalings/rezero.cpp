// rezero (Bachlechner et al. 2020, ReZero): y = skip + alpha branch, alpha a learned scalar per block, from 0. The same
// formula as skip_init from 0, found for networks of any kind.
#include "nn/scalings/weighted_sum.h"

namespace bnlab {
namespace {

template <class T>
class ReZero : public WeightedSum<T> {
 protected:
  typename WeightedSum<T>::Factors factors(int, int) const override { return {1, 1, "alpha", 0}; }
};

}  // namespace

BNLAB_DEFINE_MAKE(scalings, rezero, ReZero<T>)

}  // namespace bnlab
