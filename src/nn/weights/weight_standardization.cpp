// weight_standardization (Qiao et al. 2019, eq. 7): per unit, w = (v - mean) / sqrt(variance + epsilon)
#include "nn/table.h"
#include "nn/weights/standardized.h"

namespace bnlab {
BNLAB_DEFINE_MAKE(weight_maps, weight_standardization, StandardizedWeights<T>)
}  // namespace bnlab
