// When a probe looks: a value, not code. Step 0 and the last state are always seen.
#pragma once

#include "core/fields.h"

namespace bnlab {

class Cadence {
 public:
  explicit Cadence(int64_t every = 100) : every_(every) {}
  void describe(Fields& f);
  bool due(int64_t step, int64_t last) const;

 private:
  int64_t every_, log_spaced_ = 0;
  std::vector<int64_t> at_;
};

}  // namespace bnlab
