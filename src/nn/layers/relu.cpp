// relu: y = max(x, 0); the slope at 0 is 0
#include "nn/layers/activation.h"

namespace bnlab {
namespace {

template <class T>
struct Relu {
  static constexpr bool rectifies = true, kinked = true;
  T value(T x) const { return rectified(x); }
  T slope(T x, T) const { return x > 0 ? T(1) : T(0); }
};

}  // namespace

BNLAB_DEFINE_MAKE(activations, relu, Activation<T, Relu<T>>)

}  // namespace bnlab
