#include "model/model.h"
#include "nn/table.h"

#define MODELS(X)                                                                                  \
  X(mlp, "hidden layers of any widths, then a classifier")                                         \
  X(deep_linear, "weight layers without nonlinearity (Santurkar et al. 2018: 25 of 10 x 10)")      \
  X(residual_mlp, "pre-activation residual blocks of dense layers (De & Smith 2020, fully connected)")

namespace bnlab {
BNLAB_DEFINE_TABLE(models, "model", MODELS)
}  // namespace bnlab
