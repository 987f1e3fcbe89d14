#include "nn/table.h"
#include "probes/probe.h"

#define PROBES(X)                                                                                                   \
  X(distribution, "what flows into norms and activations, and how it shifts (Ioffe & Szegedy 2015, fig. 1)")        \
  X(hessian, "eigenvalues, trace and density of the loss's Hessian, in every mode of statistics (Ghorbani et al. 2019)")   \
  X(sharpness, "curvature along the mini-batch's gradient and along the step taken (Andreyev & Beneventano 2025)")

namespace bnlab {
BNLAB_DEFINE_TABLE(probes, "probe", PROBES)
}  // namespace bnlab
