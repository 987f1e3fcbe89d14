// constant: y = a skip + b branch, a and b given and fixed
#include "nn/scalings/weighted_sum.h"

namespace bnlab {
namespace {

template <class T>
class Constant : public WeightedSum<T> {
 public:
  void describe(Fields& f) override {
    f.number("skip", skip_, any(), "factor of the skip");
    f.number("branch", branch_, any(), "factor of the branch");
  }

 protected:
  typename WeightedSum<T>::Factors factors(int, int) const override { return {skip_, branch_}; }

 private:
  double skip_ = 1, branch_ = 1;
};

}  // namespace

BNLAB_DEFINE_MAKE(scalings, constant, Constant<T>)

}  // namespace bnlab
