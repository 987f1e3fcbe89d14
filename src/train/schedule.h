// Learning-rate schedules: a factor of the base rate at each step.
#pragma once

#include "core/fields.h"

namespace bnlab {

class Schedule : public Component {
 public:
  // step: 0 .. steps-1
  virtual double factor(int64_t step, int64_t steps) const = 0;
};

const Catalog& schedules();

}  // namespace bnlab
