// How often the intervals cover what they are of: the tables of docs/statistics.md.
//
//   build/tests/bnlab_tests '[.coverage]'      # some minutes
//
// 10,000 experiments each: the last digit is good to 0.4. `student` and `court` (mean_interval) are formulas; `bca` and
// `expanded` (bca_interval) draw 2,000 resamples, as does `bootstrap_t`, which was tried and is not in the program: where
// most values are equal, many resamples have no spread and an end is at infinity. `hall` was tried too (Hall's 1992
// transformation, the outer of its ends and Student's): its ends jump where the cube root is steep.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "analysis/bootstrap.h"
#include "analysis/interval.h"
#include "analysis/robust.h"
#include "core/stats.h"
#include "support/simulated.h"

using namespace bnlab;
using Values = std::vector<double>;

namespace {

constexpr uint64_t experiments = 10000;
constexpr int resamples = 2000;

struct Method {
  const char* name;
  std::function<Interval(const Values&, uint64_t)> interval;
};

// The studentized bootstrap: the quantiles of t = (mean* - mean) / (s* / sqrt n) in the place of Student's.
Interval bootstrap_t(const Values& values, uint64_t seed) {
  const double centre = mean(values), n = static_cast<double>(values.size());
  const auto error = [&](const Values& v) {
    double squares = 0;
    for (const double x : v) squares += std::pow(x - mean(v), 2);
    return std::sqrt(squares / (n - 1) / n);
  };
  const double whole = error(values);
  const auto ts = resample(values, [&](const Values& v) {
    const double t = (mean(v) - centre) / error(v);
    return std::isfinite(t) && error(v) > 1e-9 * whole ? t : std::copysign(1e9, mean(v) - centre);
  }, resamples, seed);
  return {centre, centre - quantile(ts, 0.975) * whole, centre - quantile(ts, 0.025) * whole};
}

Interval hall(const Values& values) {
  const Interval student = student_interval(values);
  const auto n = static_cast<double>(values.size());
  double squares = 0, cubes = 0;
  for (const double x : values) squares += std::pow(x - student.estimate, 2), cubes += std::pow(x - student.estimate, 3);
  const double g = cubes / n / std::pow(squares / n, 1.5), s = std::sqrt(squares / (n - 1));
  const auto end = [&](double u) { return student.estimate - s * (std::cbrt(1 + g * (u - g / (6 * n))) - 1) * 3 / g; };
  const double u = (student.high - student.estimate) / s;
  return {student.estimate, std::min(student.low, end(u)), std::max(student.high, end(-u))};
}

void table(const char* title, const std::vector<Method>& methods, const std::vector<const char*>& kinds, double (*truth)(const std::string&)) {
  fmt::print("\n{}: % covered (median width, of student's)\n\n| values | n |", title);
  for (const auto& method : methods) fmt::print(" {} |", method.name);
  fmt::print("\n|---|---|");
  for (size_t k = 0; k < methods.size(); ++k) fmt::print("---|");
  fmt::print("\n");
  for (const char* kind : kinds) {
    for (const size_t n : {5, 6, 8, 10, 20}) {
      fmt::print("| {} | {} |", kind, n);
      for (const auto& method : methods) {
        uint64_t covered = 0;
        Values widths;
        for (uint64_t k = 0; k < experiments; ++k) {
          const Values values = testing::simulated(kind, n, k);
          const Interval got = method.interval(values, k), student = student_interval(values);
          covered += got.low <= truth(kind) && truth(kind) <= got.high;
          widths.push_back((got.high - got.low) / (student.high - student.low));
        }
        fmt::print(" {:.1f} ({:.2f}) |", 100.0 * static_cast<double>(covered) / experiments, median(widths));
      }
      fmt::print("\n");
      std::fflush(stdout);
    }
  }
}

Method bca(const char* name, double (*statistic)(Values), bool expanded) {
  return {name, [=](const Values& v, uint64_t seed) { return bca_interval(v, statistic, {.resamples = resamples, .expanded = expanded, .seed = seed}); }};
}
double plain_mean(Values v) { return mean(v); }

}  // namespace

TEST_CASE("coverage of a mean", "[.coverage]") {
  const Method student{"student", [](const Values& v, uint64_t) { return student_interval(v); }};
  const Method court{"court", [](const Values& v, uint64_t) { return mean_interval(v); }};
  table("mean", {student, court, bca("bca", plain_mean, false), bca("expanded", plain_mean, true), {"bootstrap_t", bootstrap_t},
         {"hall", [](const Values& v, uint64_t) { return hall(v); }}},
        {"normal", "student_3", "lognormal_0.5", "lognormal_1"}, testing::mean_of);
}

TEST_CASE("coverage of a median", "[.coverage]") {
  const Method court{"court", [](const Values& v, uint64_t) { return median_interval(v); }};
  table("median", {court, bca("expanded", median, true)}, {"normal", "cauchy", "lognormal_1"}, testing::median_of);
}

TEST_CASE("coverage of an interquartile mean", "[.coverage]") {
  table("interquartile mean", {bca("bca", interquartile_mean, false), bca("expanded", interquartile_mean, true)}, {"normal", "student_3"},
        testing::mean_of);
}
