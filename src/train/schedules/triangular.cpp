// triangular (Smith 2017, one cycle), with rise = peak * steps:
//   (step + 1) / rise below step rise, then 1 + (end - 1) (step - rise) / (steps - rise)
#include <algorithm>
#include <cmath>

#include "train/schedule.h"

namespace bnlab {
namespace {

// `linear` with warm_up_steps, for whoever knows the share and not the steps.
class Triangular : public Schedule {
 public:
  void describe(Fields& f) override {
    f.number("peak", peak_, between(0, 1), "share of the steps after which the base rate is reached");
    f.number("end", end_, at_least(0), "share of the base rate at the end");
  }
  double factor(int64_t step, int64_t steps) const override {
    const int64_t rise = std::llround(peak_ * static_cast<double>(steps)), fall = std::max<int64_t>(1, steps - rise);
    if (step < rise) return static_cast<double>(step + 1) / static_cast<double>(rise);
    return 1 + (end_ - 1) * static_cast<double>(step - rise) / static_cast<double>(fall);
  }

 private:
  double peak_ = 0.2, end_ = 0;
};

}  // namespace

std::unique_ptr<Component> make_schedule_triangular() { return std::make_unique<Triangular>(); }

}  // namespace bnlab
