#include "analysis/criterion.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>
#include <stdexcept>

#include "analysis/paired.h"
#include "analysis/sign_flip.h"
#include "core/stats.h"
#include "core/text.h"

namespace bnlab {

std::vector<Side> seeds_of(const Side& side) {
  std::map<int64_t, Side> seeds;
  for (const Sample& sample : side) seeds[sample.seed].push_back(sample);
  std::vector<Side> out;
  for (auto& [seed, runs] : seeds) out.push_back(std::move(runs));
  return out;
}

std::vector<double> by_seed(const Side& side) {
  std::vector<double> out;
  for (const Side& runs : seeds_of(side)) {
    if (runs.size() > 1) throw std::invalid_argument(fmt::format("seed {} has {} runs ({}, {}); say more of the arm, or `over` what to choose", runs[0].seed, runs.size(), runs[0].dir, runs[1].dir));
    out.push_back(runs[0].value);
  }
  return out;
}

void DirectionOf::describe(Fields& f) {
  f.option("direction", direction, {"greater", "less"}, "which way the claim says it goes");
  f.option("statistic", statistic, {"mean", "median", "interquartile_mean"}, "centre of the seeds that is compared");
}

void RangeOf::describe(Fields& f) {
  f.number("low", low, any(), "at least");
  f.number("high", high, any(), "at most");
}

std::string RangeOf::text() const {
  if (std::isinf(low)) return "<= " + number(high);
  if (std::isinf(high)) return ">= " + number(low);
  return fmt::format("{} .. {}", number(low), number(high));
}

std::string why_no_interval(const std::vector<double>& values, const std::string& otherwise) {
  return values.size() == 1 && std::isfinite(values[0]) ? "one seed has no interval" : otherwise;
}

Finding RangeOf::judge(const std::vector<double>& values, double alpha) const {
  Finding out{"mean", {}, values.size()};
  out.interval = mean_interval(values, 1 - 2 * alpha);
  const Interval wide = mean_interval(values, 1 - alpha);
  if (!std::isfinite(wide.low)) {
    out.why = why_no_interval(values, "a run has no finite value");
    return out;
  }
  const auto n = static_cast<double>(values.size());
  double squares = 0;
  for (const double v : values) squares += (v - wide.estimate) * (v - wide.estimate);
  const double error = std::sqrt(squares / (n - 1) / n);
  // p of "the mean is at or below `bound`"
  auto p_above = [&](double bound) {
    if (std::isinf(bound)) return bound < 0 ? 0.0 : 1.0;
    if (error == 0) return wide.estimate > bound ? 0.0 : 1.0;
    return boost::math::cdf(boost::math::complement(boost::math::students_t(n - 1), (wide.estimate - bound) / error));
  };
  const bool at_bound = error == 0 && (wide.estimate == low || wide.estimate == high);  // a bound belongs to the range
  out.supporting = at_bound ? 0 : std::max(p_above(low), 1 - p_above(high));
  out.against = at_bound ? 1 : std::min(1.0, 2 * std::min(1 - p_above(low), p_above(high)));
  out.supports = out.interval.low >= low && out.interval.high <= high;
  out.refutes = wide.high < low || wide.low > high;
  if (out.refutes) out.interval = wide;
  return out;
}

Finding DirectionOf::judge(std::vector<double> values, double margin, double alpha) const {
  for (double& v : values) v *= sign();
  const Estimate center = estimate(values, 1 - alpha, statistic);
  Finding out{center.statistic, center.interval, values.size()};
  for (double& v : values) v -= margin;
  out.supporting = out.against = sign_flip_test(values).two_sided;
  if (std::isnan(out.supporting)) out.why = "a run has no number";
  out.supports = out.interval.low > margin;
  out.refutes = out.interval.high < margin;
  if (sign() < 0) out.interval = {-out.interval.estimate, -out.interval.high, -out.interval.low};
  return out;
}

Finding DirectionOf::judge_ratio(const std::vector<double>& log_ratios, double factor, double alpha) const {
  Finding out = judge(log_ratios, std::log(factor), alpha);
  out.statistic = out.statistic == "median" ? "median ratio" : "geometric " + out.statistic + " ratio";
  out.interval = {std::exp(out.interval.estimate), std::exp(out.interval.low), std::exp(out.interval.high)};
  return out;
}

std::string DirectionOf::text(double margin) const { return sign() > 0 ? "> " + number(margin) : "< " + number(margin > 0 ? -margin : 0.0); }
std::string DirectionOf::text_ratio(double factor) const { return sign() > 0 ? "> " + number(factor) : "< " + number(1 / factor); }

}  // namespace bnlab
