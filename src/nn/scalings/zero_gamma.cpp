// zero_gamma (Goyal et al. 2017, sec. 5.1): y = skip + branch, and gamma of the norm that ends each branch starts from 0:
// blocks start as identities. That norm must stand behind the branch's last weight layer, with no activation between it
// and the join (its gradient would be 0 for good).
#include "nn/scalings/weighted_sum.h"

namespace bnlab {
namespace {

template <class T>
class ZeroGamma : public WeightedSum<T> {
 public:
  bool zeroes_last_gamma() const override { return true; }

 protected:
  typename WeightedSum<T>::Factors factors(int, int) const override { return {}; }
};

}  // namespace

BNLAB_DEFINE_MAKE(scalings, zero_gamma, ZeroGamma<T>)

}  // namespace bnlab
