// The paired sign-flip test (Fisher 1935): where two arms do not differ, a difference is as likely to have either sign. The
// statistic is the sum of the differences; p is the share of the 2^n ways to set their signs whose sum is as far out as the one
// seen. All ways up to n = 20, else 100,000 of which the one seen is the first. Nothing is assumed of the distribution but that.
//
// An infinite difference (one arm reached its goal, the other never did) counts as larger than every finite one: as soon as
// there is one, the differences are replaced by their signed ranks (Wilcoxon 1945; ties share the middle rank, 0 stays 0). A sum
// in which infinity counts as a huge number would be decided by a single such run, whatever all others say.
#pragma once

#include <cstdint>
#include <vector>

namespace bnlab {

struct SignFlip {
  double two_sided = 1, greater = 1, less = 1;  // greater: p of "the differences are not above 0"
  bool exact = true;                            // all 2^n were counted
  bool ranks = false;                           // some difference was infinite
};
// nan where a difference is nan; 1 where there are none.
SignFlip sign_flip_test(std::vector<double> differences, uint64_t seed = 0);

// Signed middle ranks by absolute value.
std::vector<double> signed_ranks(const std::vector<double>& differences);

}  // namespace bnlab
