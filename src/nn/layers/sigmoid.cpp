// sigmoid: y = 1 / (1 + e^-x), dy/dx = y (1 - y)
#include "nn/layers/activation.h"

namespace bnlab {
namespace {

template <class T>
struct Sigmoid {
  T value(T x) const { return 1 / (1 + exponential(-x)); }
  T slope(T, T y) const { return y * (1 - y); }
};

}  // namespace

BNLAB_DEFINE_MAKE(activations, sigmoid, Activation<T, Sigmoid<T>>)

}  // namespace bnlab
