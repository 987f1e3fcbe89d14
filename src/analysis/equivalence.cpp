#include "analysis/equivalence.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "core/stats.h"

namespace bnlab {

Equivalence equivalence_test(const std::vector<double>& differences, double margin) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const auto n = static_cast<double>(differences.size());
  if (n < 2 || std::any_of(differences.begin(), differences.end(), [](double x) { return std::isnan(x); })) return {nan, nan};
  if (std::any_of(differences.begin(), differences.end(), [](double x) { return std::isinf(x); })) return {1, 1};
  const double first = differences[0];
  if (std::all_of(differences.begin(), differences.end(), [&](double x) { return x == first; })) {
    return {first > -margin ? 0.0 : 1.0, first < margin ? 0.0 : 1.0};
  }
  const double centre = mean(differences);
  double squares = 0;
  for (const double x : differences) squares += (x - centre) * (x - centre);
  const double error = std::sqrt(squares / (n - 1) / n);
  const boost::math::students_t student(n - 1);
  return {boost::math::cdf(boost::math::complement(student, (centre + margin) / error)), boost::math::cdf(student, (centre - margin) / error)};
}

}  // namespace bnlab
