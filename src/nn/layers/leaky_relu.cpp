// leaky_relu: y = x where x > 0, slope * x elsewhere
#include "nn/layers/activation.h"

namespace bnlab {
namespace {

template <class T>
struct LeakyRelu {
  static constexpr bool kinked = true;
  double negative_slope = 0.01;
  void describe(Fields& f) { f.number("negative_slope", negative_slope, any(), "the slope where x < 0"); }
  T value(T x) const { return x > 0 ? x : static_cast<T>(negative_slope) * x; }
  T slope(T x, T) const { return x > 0 ? T(1) : static_cast<T>(negative_slope); }
};

}  // namespace

BNLAB_DEFINE_MAKE(activations, leaky_relu, Activation<T, LeakyRelu<T>>)

}  // namespace bnlab
