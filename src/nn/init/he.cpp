// he: W ~ (0, gain^2 / fan_in), gain^2 = 2: keeps the second moment through ReLU (He et al. 2015, eq. 10)
#include <cmath>

#include "nn/catalogs.h"

namespace bnlab {
namespace {

class He : public Initializer {
 public:
  void describe(Fields& f) override {
    f.option("distribution", distribution_, {"normal", "uniform"}, "what it is drawn from");
    f.number("gain", gain_, at_least(0), "multiplies the standard deviation");
  }
  void fill(const Stream& stream, double* weight, Index out, Index in) const override {
    fill_with(distribution_, stream, gain_ * std::sqrt(2.0 / static_cast<double>(in)), weight, out * in);
  }

 private:
  std::string distribution_ = "normal";
  double gain_ = 1;
};

}  // namespace

std::unique_ptr<Component> make_he() { return std::make_unique<He>(); }

}  // namespace bnlab
