// softsign: y = x / (1 + |x|), dy/dx = 1 / (1 + |x|)^2
#include "nn/layers/activation.h"

namespace bnlab {
namespace {

template <class T>
struct Softsign {
  T value(T x) const { return x / (1 + std::abs(x)); }
  T slope(T x, T) const { return 1 / ((1 + std::abs(x)) * (1 + std::abs(x))); }
};

}  // namespace

BNLAB_DEFINE_MAKE(activations, softsign, Activation<T, Softsign<T>>)

}  // namespace bnlab
