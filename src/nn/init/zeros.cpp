// zeros: W = 0
#include <algorithm>

#include "nn/catalogs.h"

namespace bnlab {
namespace {

class Zeros : public Initializer {
 public:
  void fill(const Stream&, double* weight, Index out, Index in) const override { std::fill_n(weight, out * in, 0.0); }
};

}  // namespace

std::unique_ptr<Component> make_zeros() { return std::make_unique<Zeros>(); }

}  // namespace bnlab
