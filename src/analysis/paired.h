// Two arms, seed by seed. Entry i of both vectors is of the same seed, so that what the seed decides (data order, first weights)
// falls out of the difference. A goal never reached is inf and stays in: dropping it would praise the arm that fails.
#pragma once

#include <string>
#include <vector>

#include "analysis/interval.h"

namespace bnlab {

// arm - than. Both infinite with one sign: neither is better, 0.
std::vector<double> differences(const std::vector<double>& arm, const std::vector<double>& than);

// log(arm / than), for values >= 0. inf / inf and 0 / 0 are ties, 0; with one side alone 0 or infinite it is -inf or inf.
// nan where a value is negative.
std::vector<double> log_ratios(const std::vector<double>& arm, const std::vector<double>& than);

struct Estimate {
  Interval interval;
  std::string statistic;
};
// statistic: "mean" (mean_interval), "median" (median_interval) or "interquartile_mean" (bca_interval); the median, and it says
// so, where a value is infinite and there is no mean.
Estimate estimate(const std::vector<double>& values, double confidence = 0.95, const std::string& statistic = "mean");

}  // namespace bnlab
