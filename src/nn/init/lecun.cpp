// lecun: W ~ (0, 1 / fan_in): keeps the variance of a linear layer (LeCun et al. 1998)
#include <cmath>

#include "nn/catalogs.h"

namespace bnlab {
namespace {

class LeCun : public Initializer {
 public:
  void describe(Fields& f) override {
    f.option("distribution", distribution_, {"normal", "uniform"}, "what it is drawn from");
    f.number("gain", gain_, at_least(0), "multiplies the standard deviation");
  }
  void fill(const Stream& stream, double* weight, Index out, Index in) const override {
    fill_with(distribution_, stream, gain_ * std::sqrt(1.0 / static_cast<double>(in)), weight, out * in);
  }

 private:
  std::string distribution_ = "normal";
  double gain_ = 1;
};

}  // namespace

std::unique_ptr<Component> make_lecun() { return std::make_unique<LeCun>(); }

}  // namespace bnlab
