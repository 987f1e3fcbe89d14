// tanh: y = tanh x, dy/dx = 1 - y^2
#include "nn/layers/activation.h"

namespace bnlab {
namespace {

template <class T>
struct Tanh {
  T value(T x) const { return std::tanh(x); }
  T slope(T, T y) const { return 1 - y * y; }
};

}  // namespace

BNLAB_DEFINE_MAKE(activations, tanh, Activation<T, Tanh<T>>)

}  // namespace bnlab
