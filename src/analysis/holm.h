// Holm's (1979) step-down adjustment: with m p values in rising order p_1 .. p_m, the k-th becomes
//   max over j <= k of min(1, (m + 1 - j) p_j).
// Rejecting where the adjusted value is <= alpha keeps the chance of any false rejection among the m at alpha, whatever their
// dependence; never less powerful than Bonferroni's.
#pragma once

#include <vector>

namespace bnlab {

// In the order given. A nan (a comparison that could not be made) stays nan, and counts in m.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace bnlab
