// linear: 1 + (end - 1) step / steps
#include "train/schedules/warm_up.h"

namespace bnlab {
namespace {

class Linear : public WarmedUp {
 public:
  void describe(Fields& f) override {
    f.number("end", end_, at_least(0), "share of the base rate at the end");
    WarmedUp::describe(f);
  }

 protected:
  double value(int64_t step, int64_t steps) const override {
    return 1 + (end_ - 1) * static_cast<double>(step) / static_cast<double>(steps);
  }

 private:
  double end_ = 0;
};

}  // namespace

std::unique_ptr<Component> make_schedule_linear() { return std::make_unique<Linear>(); }

}  // namespace bnlab
