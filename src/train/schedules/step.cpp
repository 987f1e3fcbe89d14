// step: factor^k, k milestones passed; milestones are shares of the run
#include "train/schedules/warm_up.h"

namespace bnlab {
namespace {

class Step : public WarmedUp {
 public:
  void describe(Fields& f) override {
    f.numbers("milestones", milestones_, between(0, 1), "shares of the run after which the rate drops");
    f.number("factor", factor_, above(0), "multiplies the rate at each milestone");
    WarmedUp::describe(f);
  }

 protected:
  double value(int64_t step, int64_t steps) const override {
    double out = 1;
    for (const double at : milestones_) {
      if (static_cast<double>(step) >= at * static_cast<double>(steps)) out *= factor_;
    }
    return out;
  }

 private:
  std::vector<double> milestones_{0.5, 0.75};
  double factor_ = 0.1;
};

}  // namespace

std::unique_ptr<Component> make_schedule_step() { return std::make_unique<Step>(); }

}  // namespace bnlab
