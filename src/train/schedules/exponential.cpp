// exponential: rate^step
#include <cmath>

#include "train/schedules/warm_up.h"

namespace bnlab {
namespace {

class Exponential : public WarmedUp {
 public:
  void describe(Fields& f) override {
    f.number("rate", rate_, above(0), "factor per step; above 1 the learning rate grows");
    WarmedUp::describe(f);
  }

 protected:
  double value(int64_t step, int64_t) const override { return std::pow(rate_, static_cast<double>(step)); }

 private:
  double rate_ = 0.999;
};

}  // namespace

std::unique_ptr<Component> make_schedule_exponential() { return std::make_unique<Exponential>(); }

}  // namespace bnlab
