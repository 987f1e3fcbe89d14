#include "probes/cadence.h"

#include <algorithm>
#include <cmath>

namespace bnlab {

void Cadence::describe(Fields& f) {
  f.integer("every", every_, at_least(0), "look every so many steps; 0: not by this rule");
  f.integer("log_spaced", log_spaced_, between(0, 1000), "looks per decade of steps (1, ..., 10, ..., 100, ...); 0: not by this rule");
  f.integers("at", at_, at_least(0), "look at these steps");
}

bool Cadence::due(int64_t step, int64_t last) const {
  if (step == 0 || step == last) return true;
  if (every_ > 0 && step % every_ == 0) return true;
  if (std::find(at_.begin(), at_.end(), step) != at_.end()) return true;
  if (log_spaced_ == 0) return false;
  const double exponent = std::log10(static_cast<double>(step)) * static_cast<double>(log_spaced_);
  for (const double k : {std::floor(exponent), std::ceil(exponent)}) {
    if (std::llround(std::pow(10.0, k / static_cast<double>(log_spaced_))) == step) return true;
  }
  return false;
}

}  // namespace bnlab
