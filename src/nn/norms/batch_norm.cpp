// batch_norm (Ioffe & Szegedy 2015, alg. 1 and 2): per channel, over batch and space,
//   y = gamma * (x - mean) / sqrt(variance + epsilon) + beta
// with the biased variance of the batch; the running variance is the unbiased one's average.
//   dx = gamma / sqrt(variance + epsilon) * (dy - mean(dy) - xhat * mean(dy * xhat))
#include "nn/norms/column_norm.h"

namespace bnlab {
BNLAB_DEFINE_MAKE(norms, batch_norm, ColumnNorm<T>)
}  // namespace bnlab
