#include "nn/catalogs.h"
#include "nn/table.h"

#define LOSSES(X)                                                                                   \
  X(softmax_cross_entropy, "-log softmax(output)[label], mean over the batch")                      \
  X(mean_squared_error, "(output - target)^2, mean or sum; labels become one-hot targets")

namespace bnlab {
BNLAB_DEFINE_TABLE(losses, "loss", LOSSES)
}  // namespace bnlab
