#include "analysis/interval.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>
#include <limits>

#include "core/stats.h"

namespace bnlab {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool all_equal(const std::vector<double>& v) {
  return std::all_of(v.begin(), v.end(), [&](double x) { return x == v.front(); });
}

double sum_of_powers(const std::vector<double>& values, double centre, int power) {
  double sum = 0;
  for (const double x : values) sum += std::pow(x - centre, power);
  return sum;
}

// a share of the way inwards, from one order statistic to the next; to or from an infinite one there is no way
double between(double outer, double inner, double share) {
  return outer == inner || std::isinf(outer) || std::isinf(inner) ? outer : outer + share * (inner - outer);
}

}  // namespace

Interval student_interval(const std::vector<double>& values, double confidence) {
  assert(confidence > 0 && confidence < 1);
  const double estimate = mean(values), n = static_cast<double>(values.size());
  if (n < 2 || !std::isfinite(estimate)) return {estimate, nan, nan};
  if (all_equal(values)) return {values[0], values[0], values[0]};
  const double t = boost::math::quantile(boost::math::students_t(n - 1), (1 + confidence) / 2);
  const double half = t * std::sqrt(sum_of_powers(values, estimate, 2) / (n - 1) / n);
  return {estimate, estimate - half, estimate + half};
}

Interval mean_interval(const std::vector<double>& values, double confidence) {
  Interval out = student_interval(values, confidence);
  const auto n = static_cast<double>(values.size());
  if (n < 3 || std::isnan(out.low) || out.low == out.high) return out;
  const double squares = sum_of_powers(values, out.estimate, 2), cubes = sum_of_powers(values, out.estimate, 3);
  const double skewness = std::sqrt(n * (n - 1)) / (n - 2) * cubes / n / std::pow(squares / n, 1.5);
  const double t = boost::math::quantile(boost::math::students_t(n - 1), (1 + confidence) / 2);
  const double shift = std::sqrt(squares / (n - 1)) * skewness * (2 * t * t + 1) / (6 * n);
  (shift < 0 ? out.low : out.high) += shift;
  return out;
}

Interval median_interval(std::vector<double> values, double confidence) {
  assert(confidence > 0 && confidence < 1);
  const size_t n = values.size();
  if (std::any_of(values.begin(), values.end(), [](double x) { return std::isnan(x); }) || n == 0) return {nan, nan, nan};
  std::sort(values.begin(), values.end());
  const double a = values[(n - 1) / 2], b = values[n / 2];
  const double estimate = a == b ? a : (a + b) / 2;  // of -inf and inf there is none
  if (n < 2) return {estimate, nan, nan};
  const boost::math::binomial binomial(static_cast<double>(n), 0.5);
  const auto covers = [&](size_t d) { return 1 - 2 * boost::math::cdf(binomial, static_cast<double>(d - 1)); };
  if (covers(1) <= confidence) return {estimate, values.front(), values.back()};
  size_t d = 1;
  while (2 * (d + 1) <= n && covers(d + 1) >= confidence) ++d;
  if (2 * d == n) return {estimate, values[d - 1], values[n - d]};  // the two in the middle cover enough
  const double next = covers(d + 1);
  const double excess = (covers(d) - confidence) / (covers(d) - next);
  const auto real_n = static_cast<double>(n), real_d = static_cast<double>(d);
  const double share = (real_n - real_d) * excess / (real_d + (real_n - 2 * real_d) * excess);
  return {estimate, between(values[d - 1], values[d], share), between(values[n - d], values[n - d - 1], share)};
}

}  // namespace bnlab
