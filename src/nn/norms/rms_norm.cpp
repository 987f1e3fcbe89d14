// rms_norm (Zhang & Sennrich 2019): per sample, over channels and space, y = gamma x / sqrt(mean(x^2) + epsilon) + beta
#include "nn/norms/sample_norm.h"

namespace bnlab {
namespace {

template <class T>
class RmsNorm : public SampleNorm<T> {
 protected:
  Index groups(Shape) const override { return 1; }
  bool centred() const override { return false; }
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, rms_norm, RmsNorm<T>)

}  // namespace bnlab
