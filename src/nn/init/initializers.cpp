#include "nn/catalogs.h"
#include "nn/table.h"

#define INITIALIZERS(X)                                                             \
  X(he, "variance 2 / fan_in, for ReLU (He et al. 2015)")                           \
  X(glorot, "variance 2 / (fan_in + fan_out) (Glorot & Bengio 2010)")               \
  X(lecun, "variance 1 / fan_in (LeCun et al. 1998)")                               \
  X(normal, "N(mean, std^2), as small random numbers used to be")                   \
  X(orthogonal, "orthonormal rows or columns times gain (Saxe et al. 2014)")        \
  X(zeros, "all zero")

namespace bnlab {

#define DECLARE(name, summary) std::unique_ptr<Component> make_##name();
#define ENTRY(name, summary) {#name, summary, make_##name},
INITIALIZERS(DECLARE)

const Catalog& initializers() {
  static const Catalog catalog{"initializer", {INITIALIZERS(ENTRY)}};
  return catalog;
}

void fill_with(const std::string& distribution, const Stream& stream, double standard_deviation, double* weight, Index count) {
  if (distribution == "normal") {
    stream.fill_normal(0, weight, static_cast<size_t>(count));
    for (Index i = 0; i < count; ++i) weight[i] *= standard_deviation;
  } else {  // uniform on [-sqrt(3), sqrt(3)] has variance 1
    for (Index i = 0; i < count; ++i) {
      weight[i] = (2 * stream.uniform(0, static_cast<uint64_t>(i)) - 1) * 1.7320508075688772 * standard_deviation;
    }
  }
}

}  // namespace bnlab
