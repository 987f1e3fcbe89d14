// frozen_batch_norm: y = gamma (x - mean_0) / sqrt(variance_0 + epsilon) + beta, the statistics of a reference batch at
// initialization, held for good
#include "nn/norms/held_statistics.h"

namespace bnlab {
BNLAB_DEFINE_MAKE(norms, frozen_batch_norm, HeldStatistics<T>)
}  // namespace bnlab
