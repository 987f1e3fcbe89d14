// normal: W ~ N(mean, std^2), whatever the fan-in
#include "nn/catalogs.h"

namespace bnlab {
namespace {

class Normal : public Initializer {
 public:
  void describe(Fields& f) override {
    f.number("std", std_, at_least(0), "standard deviation");
    f.number("mean", mean_, any(), "mean");
  }
  void fill(const Stream& stream, double* weight, Index out, Index in) const override {
    fill_with("normal", stream, std_, weight, out * in);
    for (Index i = 0; i < out * in; ++i) weight[i] += mean_;
  }

 private:
  double std_ = 0.1, mean_ = 0;
};

}  // namespace

std::unique_ptr<Component> make_normal() { return std::make_unique<Normal>(); }

}  // namespace bnlab
