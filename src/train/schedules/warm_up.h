// Every schedule may begin with a linear warm-up: factor (step + 1) / warm_up_steps of what it would be.
#pragma once

#include <algorithm>

#include "train/schedule.h"

namespace bnlab {

class WarmedUp : public Schedule {
 public:
  void describe(Fields& f) override { f.integer("warm_up_steps", warm_up_steps_, at_least(0), "linear warm-up from 0"); }
  double factor(int64_t step, int64_t steps) const override {
    const double warm = step < warm_up_steps_ ? static_cast<double>(step + 1) / static_cast<double>(warm_up_steps_) : 1;
    // what follows runs over the steps behind the warm-up
    return warm * value(std::max<int64_t>(0, step - warm_up_steps_), std::max<int64_t>(1, steps - warm_up_steps_));
  }

 protected:
  virtual double value(int64_t step, int64_t steps) const = 0;

 private:
  int64_t warm_up_steps_ = 0;
};

}  // namespace bnlab
