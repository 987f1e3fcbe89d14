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

struct Moments {
  double mean = 0, deviation = 0, skewness = 0;  // deviation over n - 1, skewness over n
};
Moments moments(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  Moments out{mean(values), 0, 0};
  double squares = 0, cubes = 0;
  for (const double x : values) {
    const double c = x - out.mean;
    squares += c * c, cubes += c * c * c;
  }
  out.deviation = std::sqrt(squares / (n - 1));
  out.skewness = cubes / n / std::pow(squares / n, 1.5);
  return out;
}

// (mean - mu) / s where sqrt(n) times Hall's transform of it is t
double hall(double g, double n, double t) {
  const double w = t / std::sqrt(n) - g / (6 * n);
  return std::abs(g) < 1e-6 ? w - g * w * w / 3 : (std::cbrt(1 + g * w) - 1) * 3 / g;
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
  const double half = t * moments(values).deviation / std::sqrt(n);
  return {estimate, estimate - half, estimate + half};
}

Interval mean_interval(const std::vector<double>& values, double confidence) {
  const Interval student = student_interval(values, confidence);
  if (std::isnan(student.low) || student.low == student.high) return student;
  const auto n = static_cast<double>(values.size());
  const double t = boost::math::quantile(boost::math::students_t(n - 1), (1 + confidence) / 2);
  const Moments m = moments(values);
  return {m.mean, std::min(student.low, m.mean - m.deviation * hall(m.skewness, n, t)),
          std::max(student.high, m.mean - m.deviation * hall(m.skewness, n, -t))};
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
