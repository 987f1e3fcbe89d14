#include "analysis/bootstrap.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>
#include <limits>

#include "core/rng.h"
#include "core/stats.h"

namespace bnlab {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
const boost::math::normal normal;

double sorted_quantile(const std::vector<double>& sorted, double q) {  // type 7, as core/stats
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  const double low = sorted[below], high = sorted[std::min(below + 1, sorted.size() - 1)];
  return low + (at - std::floor(at)) * (high - low);
}

}  // namespace

std::vector<double> resample(const std::vector<double>& values, const Statistic& statistic, int resamples, uint64_t seed) {
  const Stream stream(seed, "bootstrap");
  const size_t n = values.size();
  std::vector<double> drawn(n), out;
  out.reserve(static_cast<size_t>(resamples));
  for (int k = 0; k < resamples; ++k) {
    for (size_t i = 0; i < n; i += 4) {
      const auto bits = stream.block(static_cast<uint64_t>(k), i / 4);
      for (size_t j = 0; j < 4 && i + j < n; ++j) drawn[i + j] = values[bits[j] * static_cast<uint64_t>(n) >> 32];
    }
    out.push_back(statistic(drawn));
  }
  std::sort(out.begin(), out.end());
  return out;
}

double bias_correction(const std::vector<double>& sorted, double estimate) {
  const auto count = static_cast<double>(sorted.size());
  // the same values summed in another order differ in their last bits
  const double tolerance = 1e-12 * std::max(std::abs(sorted.front()), std::abs(sorted.back()));
  const auto below = std::lower_bound(sorted.begin(), sorted.end(), estimate - tolerance) - sorted.begin();
  const auto not_above = std::upper_bound(sorted.begin(), sorted.end(), estimate + tolerance) - sorted.begin();
  const double share = static_cast<double>(below + not_above) / 2 / count;
  return boost::math::quantile(normal, std::clamp(share, 0.5 / count, 1 - 0.5 / count));
}

double acceleration(const std::vector<double>& values, const Statistic& statistic) {
  std::vector<double> without;
  for (size_t i = 0; i < values.size(); ++i) {
    std::vector<double> others = values;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    without.push_back(statistic(others));
  }
  const double centre = mean(without);
  double squares = 0, cubes = 0;
  for (const double x : without) squares += std::pow(centre - x, 2), cubes += std::pow(centre - x, 3);
  return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
}

Interval bca_interval(const std::vector<double>& values, const Statistic& statistic, const Bootstrap& options) {
  assert(options.confidence > 0 && options.confidence < 1 && options.resamples > 0);
  if (values.empty()) return {nan, nan, nan};
  const double estimate = statistic(values), n = static_cast<double>(values.size());
  if (n < 2 || !std::isfinite(estimate)) return {estimate, nan, nan};
  std::vector<double> sorted = resample(values, statistic, options.resamples, options.seed);
  if (!std::all_of(sorted.begin(), sorted.end(), [](double x) { return std::isfinite(x); })) return {estimate, nan, nan};
  if (sorted.front() == sorted.back()) return {estimate, estimate, estimate};
  const double z0 = bias_correction(sorted, estimate), a = acceleration(values, statistic);
  const double tail = (1 + options.confidence) / 2;
  const double z = options.expanded ? std::sqrt(n / (n - 1)) * boost::math::quantile(boost::math::students_t(n - 1), tail)
                                    : boost::math::quantile(normal, tail);
  const auto end = [&](double side) {
    const double stretch = 1 - a * (z0 + side);
    if (!(stretch > 0)) return side < 0 ? sorted.front() : sorted.back();  // beyond the pole: all of that side
    return sorted_quantile(sorted, boost::math::cdf(normal, z0 + (z0 + side) / stretch));
  };
  return {estimate, end(-z), end(z)};
}

}  // namespace bnlab
