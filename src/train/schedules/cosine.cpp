// cosine: end + (1 - end) (1 + cos(pi step / steps)) / 2
#include <cmath>
#include <numbers>

#include "train/schedules/warm_up.h"

namespace bnlab {
namespace {

class Cosine : public WarmedUp {
 public:
  void describe(Fields& f) override {
    f.number("end", end_, at_least(0), "share of the base rate at the end");
    WarmedUp::describe(f);
  }

 protected:
  double value(int64_t step, int64_t steps) const override {
    return end_ + (1 - end_) * (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps))) / 2;
  }

 private:
  double end_ = 0;
};

}  // namespace

std::unique_ptr<Component> make_schedule_cosine() { return std::make_unique<Cosine>(); }

}  // namespace bnlab
