#include "nn/catalogs.h"
#include "nn/table.h"

#define ACTIVATIONS(X)                                          \
  X(relu, "max(x, 0)")                                          \
  X(tanh, "tanh x")                                             \
  X(sigmoid, "1 / (1 + e^-x)")                                  \
  X(softsign, "x / (1 + |x|)")                                  \
  X(leaky_relu, "max(x, slope x)")                              \
  X(gelu, "x Phi(x), Phi the normal distribution function")     \
  X(identity, "x: deep linear networks")

namespace bnlab {
BNLAB_DEFINE_TABLE(activations, "activation", ACTIVATIONS)
}  // namespace bnlab
