// Correlation of ranks. n values x with n values y; nan below 2 of them (partial: below 3 more than there are controls), where
// one of the two is constant, and with a nan among them. p: two-sided.
#pragma once

#include <vector>

namespace bnlab {

struct RankCorrelation {
  double value = 0, p = 1;
};

// 1 .. n, ties share the middle of theirs; infinities are the outermost.
std::vector<double> middle_ranks(const std::vector<double>& values);

// Kendall's tau-b (1945): (concordant - discordant pairs) / sqrt((pairs not tied in x) (pairs not tied in y)).
// p: exact for up to 33 values without ties (all orders equally likely, their inversions counted), else normal, with the
// variance corrected for ties; the rule of scipy.stats.kendalltau.
RankCorrelation kendall(const std::vector<double>& x, const std::vector<double>& y);

// Spearman's rho (1904): Pearson's correlation of the middle ranks. p: Student's t of n - 2 degrees, rho sqrt((n-2) / (1-rho^2)).
RankCorrelation spearman(const std::vector<double>& x, const std::vector<double>& y);

// Spearman's rho of x and y with the controls held: one after the other is taken out,
//   r_xy.z = (r_xy - r_xz r_yz) / sqrt((1 - r_xz^2) (1 - r_yz^2)).
// p as above with n - 2 - controls degrees. nan where a control gives x or y without fail.
RankCorrelation partial_spearman(const std::vector<double>& x, const std::vector<double>& y, const std::vector<std::vector<double>>& controls);

}  // namespace bnlab
