// Bounds for a share, of which k of n were counted (Clopper & Pearson 1934): low is the share at which k or more have
// probability alpha, high that at which k or fewer have it. Each is a bound by itself that errs with alpha at most; both
// together with 2 alpha.
#pragma once

#include <cstddef>

namespace bnlab {

struct Share {
  double estimate = 0, low = 0, high = 1;
};
Share clopper_pearson(size_t k, size_t n, double alpha = 0.05);  // n = 0: nan, 0, 1

}  // namespace bnlab
