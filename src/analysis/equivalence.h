// Equivalence by two one-sided tests (TOST; Schuirmann 1987): that the mean of n paired differences lies within (-margin, margin)
// is shown where both "it is at or below -margin" and "it is at or above margin" are rejected, by Student's t:
//   t = (mean -+ margin) / (s / sqrt(n)),  n - 1 degrees.
// A large p of a test for a difference shows nothing of the kind.
#pragma once

#include <vector>

namespace bnlab {

struct Equivalence {
  double above_low = 1, below_high = 1;  // p of "mean <= -margin", of "mean >= margin"
  double p() const { return above_low > below_high ? above_low : below_high; }
};
// nan below 2 differences, or with a nan; 1 where one is infinite, or where all are equal and not within.
Equivalence equivalence_test(const std::vector<double>& differences, double margin);

}  // namespace bnlab
