#include "analysis/paired.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "analysis/bootstrap.h"
#include "analysis/robust.h"

namespace bnlab {

std::vector<double> differences(const std::vector<double>& arm, const std::vector<double>& than) {
  assert(arm.size() == than.size());
  std::vector<double> out;
  for (size_t i = 0; i < arm.size(); ++i) out.push_back(arm[i] == than[i] ? 0 : arm[i] - than[i]);
  return out;
}

std::vector<double> log_ratios(const std::vector<double>& arm, const std::vector<double>& than) {
  assert(arm.size() == than.size());
  std::vector<double> out;
  for (size_t i = 0; i < arm.size(); ++i) {
    const bool has_ratio = arm[i] >= 0 && than[i] >= 0;  // not of a nan
    if (!has_ratio) out.push_back(std::numeric_limits<double>::quiet_NaN());
    else out.push_back(arm[i] == than[i] ? 0 : std::log(arm[i]) - std::log(than[i]));
  }
  return out;
}

Estimate estimate(const std::vector<double>& values, double confidence, const std::string& statistic) {
  const bool infinite = std::any_of(values.begin(), values.end(), [](double x) { return std::isinf(x); });
  if (infinite || statistic == "median") return {median_interval(values, confidence), "median"};
  if (statistic == "interquartile_mean") return {bca_interval(values, interquartile_mean, {.confidence = confidence}), "interquartile mean"};
  return {mean_interval(values, confidence), "mean"};
}

}  // namespace bnlab
