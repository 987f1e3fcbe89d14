// gelu: y = x Phi(x), dy/dx = Phi(x) + x phi(x) (Hendrycks & Gimpel 2016, exact)
#include "nn/layers/activation.h"

namespace bnlab {
namespace {

template <class T>
struct Gelu {
  static T phi(T x) { return static_cast<T>(0.3989422804014327) * exponential(-x * x / 2); }
  static T distribution(T x) { return std::erfc(-x * static_cast<T>(0.7071067811865476)) / 2; }
  T value(T x) const { return x * distribution(x); }
  T slope(T x, T) const { return distribution(x) + x * phi(x); }
};

}  // namespace

BNLAB_DEFINE_MAKE(activations, gelu, Activation<T, Gelu<T>>)

}  // namespace bnlab
