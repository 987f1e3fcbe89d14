#include "nn/table.h"
#include "probes/probe.h"

#define PROBES(X)                                                                                            \
  X(distribution, "what flows into norms and activations, and how it shifts (Ioffe & Szegedy 2015, fig. 1)") \
  X(landscape, "loss and gradient along lines that leave the state (Santurkar et al. 2018, fig. 4)")         \
  X(slices, "the loss along one or two filter-normalized random directions (Li et al. 2018)")

namespace bnlab {
BNLAB_DEFINE_TABLE(probes, "probe", PROBES)
}  // namespace bnlab
