// Values with a known centre, for statistics that are tried on thousands of simulated experiments.
#pragma once

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "core/rng.h"

namespace bnlab::testing {

// n values of experiment `k`, of
//   normal         N(0, 1)
//   student_3      Student's t of 3 degrees: heavy tails
//   cauchy         tails so heavy that there is no mean
//   lognormal_S    exp(S N(0, 1)): skewness 1.75 for S = 0.5, 6.2 for S = 1
inline std::vector<double> simulated(const std::string& kind, size_t n, uint64_t k) {
  const Stream stream(1, "simulated/" + kind);
  std::vector<double> out(n), normal(4 * n);
  stream.fill_normal(k, normal.data(), normal.size());
  for (size_t i = 0; i < n; ++i) {
    const double* z = &normal[4 * i];
    out[i] = kind == "normal"      ? z[0]
             : kind == "student_3" ? z[0] / std::sqrt((z[1] * z[1] + z[2] * z[2] + z[3] * z[3]) / 3)
             : kind == "cauchy"    ? z[0] / z[1]
                                   : std::exp(std::stod(kind.substr(10)) * z[0]);
  }
  return out;
}
inline double mean_of(const std::string& kind) { return kind.starts_with("lognormal") ? std::exp(std::pow(std::stod(kind.substr(10)), 2) / 2) : 0; }
inline double median_of(const std::string& kind) { return kind.starts_with("lognormal") ? 1 : 0; }

}  // namespace bnlab::testing
