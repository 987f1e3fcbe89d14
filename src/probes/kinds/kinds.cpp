#include "nn/table.h"
#include "probes/probe.h"

#define PROBES(X)                                                                                                      \
  X(distribution, "what flows into norms and activations, and how it shifts (Ioffe & Szegedy 2015, fig. 1)")           \
  X(theorems, "what batch_norm takes from the gradient and the curvature: theorems 4.1, 4.2, 4.4 of Santurkar et al. (2018)")

namespace bnlab {
BNLAB_DEFINE_TABLE(probes, "probe", PROBES)
}  // namespace bnlab
