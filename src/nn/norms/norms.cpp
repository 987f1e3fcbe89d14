#include "nn/catalogs.h"
#include "nn/table.h"

#define NORMS(X)                                                                                                      \
  X(identity, "y = x: no normalization")                                                                             \
  X(batch_norm, "per channel over batch and space (Ioffe & Szegedy 2015)")                                           \
  X(layer_norm, "per sample over space and channels (Ba et al. 2016)")                                               \
  X(rms_norm, "per sample, divided by the root mean square (Zhang & Sennrich 2019)")                                 \
  X(group_norm, "per sample and group of channels (Wu & He 2018)")                                                   \
  X(instance_norm, "per sample and channel over space (Ulyanov et al. 2016)")                                        \
  X(lp_norm, "centred, divided by the mean l1, l2 or linf norm (Santurkar et al. 2018, sec. 3.3)")                   \
  X(center_only, "batch_norm that only subtracts the mean")                                                          \
  X(variance_only, "batch_norm that only divides by the standard deviation")                                         \
  X(ghost_batch_norm, "batch_norm over parts of the batch (Hoffer et al. 2017)")                                     \
  X(batch_renorm, "batch_norm corrected towards the running statistics (Ioffe 2017)")                                \
  X(noisy_batch_norm, "batch_norm followed by time-varying noise (Santurkar et al. 2018, alg. 1)")                   \
  X(noise_only, "the noise of noisy_batch_norm without any normalization")                                           \
  X(frozen_batch_norm, "statistics of initialization, held")                                                         \
  X(population_batch_norm, "statistics of a large reference batch, refreshed; no derivative through them")           \
  X(stop_gradient_batch_norm, "batch_norm without the derivative through its statistics")                            \
  X(dynamic_tanh, "gamma tanh(alpha x) + beta (Zhu et al. 2025)")

namespace bnlab {
BNLAB_DEFINE_TABLE(norms, "norm", NORMS)
}  // namespace bnlab
