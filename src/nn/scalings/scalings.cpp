#include "nn/catalogs.h"
#include "nn/table.h"

#define SCALINGS(X)                                                                                 \
  X(none, "y = skip + branch")                                                                      \
  X(divide_sqrt2, "y = (skip + branch) / sqrt(2)")                                                  \
  X(constant, "y = a skip + b branch, fixed factors")                                               \
  X(skip_init, "y = skip + alpha branch, alpha learned (De & Smith 2020)")                          \
  X(rezero, "y = skip + alpha branch, alpha learned from 0 (Bachlechner et al. 2020)")              \
  X(fixup, "last layers from 0, others smaller with depth, scalar biases (Zhang et al. 2019)")      \
  X(zero_gamma, "y = skip + branch, gamma of the last norm of a branch from 0 (Goyal et al. 2017)") \
  X(nf, "y = skip + alpha branch(h / beta), beta the expected deviation of h (Brock et al. 2021)")  \
  X(rescale, "y = alpha_k skip + beta_k branch, alpha_k^2 + beta_k^2 = 1 (Shao et al. 2020)")       \
  X(ratio_forced, "y = skip + g branch, g such that their batch variances have a given ratio")

namespace bnlab {
BNLAB_DEFINE_TABLE(scalings, "scaling", SCALINGS)
}  // namespace bnlab
