#include "nn/table.h"
#include "probes/probe.h"

#define PROBES(X)                                                                                                             \
  X(distribution, "what flows into norms and activations, and how it shifts (Ioffe & Szegedy 2015, fig. 1)")                  \
  X(gradient_shift, "how the step of the layers before changes a layer's gradient (Santurkar et al. 2018, def. 2.1)")         \
  X(landscape, "loss and gradient along lines that leave the state (Santurkar et al. 2018, fig. 4)")                          \
  X(hessian, "eigenvalues, trace and density of the loss's Hessian, in every mode of statistics (Ghorbani et al. 2019)")      \
  X(sharpness, "curvature along the mini-batch's gradient and along the step taken (Andreyev & Beneventano 2025)")            \
  X(signal_propagation, "variance, mean, rank and gradient of the signal by layer and block (De & Smith 2020)")               \
  X(effective_learning_rate, "how far a step turns each weight layer, and where that settles (Wan et al. 2020)")              \
  X(gradient_norms, "size and tails of the gradient of each parameter; do gradients vanish or explode?")                      \
  X(gradient_noise, "how gradients of mini-batches scatter: noise scale and cosines (McCandlish et al. 2018)")                \
  X(output_growth, "root mean squares of logits and of the last layer's input (Dauphin & Cubuk 2021)")                        \
  X(slices, "the loss along one or two filter-normalized random directions (Li et al. 2018)")                                 \
  X(theorems, "what batch_norm takes from the gradient and the curvature: theorems 4.1, 4.2, 4.4 of Santurkar et al. (2018)")

namespace bnlab {
BNLAB_DEFINE_TABLE(probes, "probe", PROBES)
}  // namespace bnlab
