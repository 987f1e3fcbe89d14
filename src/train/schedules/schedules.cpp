#include "train/schedule.h"

#define SCHEDULES(X)                                                                                     \
  X(constant, "1")                                                                                       \
  X(step, "factor^k after the k-th milestone")                                                           \
  X(cosine, "from 1 down to end along half a cosine")                                                    \
  X(exponential, "rate^step; above 1 it grows (Li & Arora 2020)")                                        \
  X(linear, "straight line from 1 to end")                                                                \
  X(triangular, "straight line up to 1 over a share of the steps, then down to end (Smith 2017)")

namespace bnlab {

#define DECLARE(name, summary) std::unique_ptr<Component> make_schedule_##name();
#define ENTRY(name, summary) {#name, summary, make_schedule_##name},
SCHEDULES(DECLARE)

const Catalog& schedules() {
  static const Catalog catalog{"schedule", {SCHEDULES(ENTRY)}};
  return catalog;
}

}  // namespace bnlab
