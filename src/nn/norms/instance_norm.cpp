// instance_norm (Ulyanov et al. 2016): per sample and channel, over space, y = gamma (x - mean) / sqrt(variance + epsilon) + beta
#include "nn/norms/sample_norm.h"

namespace bnlab {
namespace {

template <class T>
class InstanceNorm : public SampleNorm<T> {
 public:
  std::string refuses(Shape in) const override {
    return in.h * in.w >= 2 ? "" : "needs space (h * w of at least 2), but this is " + text(in);
  }
  bool cancels_bias() const override { return this->affine_.learned; }

 protected:
  Index groups(Shape in) const override { return in.c; }
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, instance_norm, InstanceNorm<T>)

}  // namespace bnlab
