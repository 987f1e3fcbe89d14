// layer_norm (Ba et al. 2016): per sample, over channels and space, y = gamma (x - mean) / sqrt(variance + epsilon) + beta
#include "nn/norms/sample_norm.h"

namespace bnlab {
namespace {

template <class T>
class LayerNorm : public SampleNorm<T> {
 public:
  std::string refuses(Shape in) const override {
    return in.sample() >= 2 ? "" : "the statistics of a sample need at least 2 entries, but it has " + std::to_string(in.sample());
  }

 protected:
  Index groups(Shape) const override { return 1; }
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, layer_norm, LayerNorm<T>)

}  // namespace bnlab
