#include "nn/catalogs.h"
#include "nn/table.h"

#define WEIGHT_MAPS(X)                                                                                     \
  X(plain, "w = v")                                                                                        \
  X(weight_norm, "w = g v / ||v|| per unit (Salimans & Kingma 2016)")                                      \
  X(weight_standardization, "w = (v - mean) / std per unit (Qiao et al. 2019)")                            \
  X(scaled_weight_standardization, "w = gain (v - mean) / (sqrt(fan_in) std) per unit (Brock et al. 2021)")

namespace bnlab {
BNLAB_DEFINE_TABLE(weight_maps, "weight map", WEIGHT_MAPS)
}  // namespace bnlab
