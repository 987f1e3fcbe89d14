#include "nn/table.h"
#include "probes/probe.h"

#define PROBES(X)                                                                                           \
  X(distribution, "what flows into norms and activations, and how it shifts (Ioffe & Szegedy 2015, fig. 1)") \
  X(gradient_noise, "how gradients of mini-batches scatter: noise scale and cosines (McCandlish et al. 2018)") \
  X(signal_propagation, "variance, mean, rank and gradient of the signal by layer and block (De & Smith 2020)")

namespace bnlab {
BNLAB_DEFINE_TABLE(probes, "probe", PROBES)
}  // namespace bnlab
