// identity: y = x
#include "nn/layers/activation.h"

namespace bnlab {
namespace {

template <class T>
struct Identity {
  T value(T x) const { return x; }
  T slope(T, T) const { return 1; }
};

}  // namespace

BNLAB_DEFINE_MAKE(activations, identity, Activation<T, Identity<T>>)

}  // namespace bnlab
