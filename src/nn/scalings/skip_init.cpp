// skip_init (De & Smith 2020, SkipInit): y = skip + alpha branch, alpha a learned scalar per block, from 0 or from
// 1 / sqrt(L), L the number of blocks. From 0, the weights of the branches stand still in the first step.
#include "nn/scalings/weighted_sum.h"

namespace bnlab {
namespace {

template <class T>
class SkipInit : public WeightedSum<T> {
 public:
  void describe(Fields& f) override {
    f.option("alpha", alpha_, {"zero", "inverse_sqrt_depth", "one"}, "where alpha starts; depth: the number of blocks");
  }

 protected:
  typename WeightedSum<T>::Factors factors(int, int blocks) const override {
    return {1, 1, "alpha", alpha_ == "zero" ? 0 : alpha_ == "one" ? 1 : 1 / std::sqrt(static_cast<double>(blocks))};
  }

 private:
  std::string alpha_ = "zero";
};

}  // namespace

BNLAB_DEFINE_MAKE(scalings, skip_init, SkipInit<T>)

}  // namespace bnlab
