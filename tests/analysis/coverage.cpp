// How often the intervals cover what they are of: the tables of docs/statistics.md.
//
//   build/release/tests/bnlab_tests '[.coverage]'      # some minutes
//
// 10,000 experiments each: the last digit is good to 0.4. `student` and `court` (mean_interval) are formulas; `bca` and
// `expanded` (bca_interval) draw 2,000 resamples, as does `bootstrap_t`, which was tried and is not in the program: where
// most values are equal, many resamples have no spread and an end is at infinity. `hall` was tried too (Hall's 1992
// transformation, the outer of its ends and Student's): its ends jump where the cube root is steep.
#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "analysis/bootstrap.h"
#include "analysis/interval.h"
#include "analysis/proportion.h"
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

double covered(const Method& method, const char* kind, size_t n, double truth) {
  uint64_t count = 0;
  for (uint64_t k = 0; k < experiments; ++k) {
    const Interval got = method.interval(testing::simulated(kind, n, k), k);
    count += got.low <= truth && truth <= got.high;
  }
  return static_cast<double>(count) / experiments;
}

Method bca(const char* name, double (*statistic)(Values), bool expanded) {
  return {name, [=](const Values& v, uint64_t seed) { return bca_interval(v, statistic, {.resamples = resamples, .expanded = expanded, .seed = seed}); }};
}
double plain_mean(Values v) { return mean(v); }

}  // namespace

// What the court uses, where it must hold. Four standard errors of 10,000 draws are 0.9 points.
TEST_CASE("intervals cover what they say for normal values, within 2 points", "[analysis][simulation]") {
  const size_t n = GENERATE(5, 6, 8, 10, 20);
  for (const double confidence : {0.95, 0.9}) {  // a difference's; a range's, of TOST
    const Method student{"student", [&](const Values& v, uint64_t) { return student_interval(v, confidence); }};
    const Method court{"court", [&](const Values& v, uint64_t) { return mean_interval(v, confidence); }};
    const Method middle{"median", [&](const Values& v, uint64_t) { return median_interval(v, confidence); }};
    for (const Method& method : {student, court, middle}) {
      const double share = covered(method, "normal", n, 0);
      CAPTURE(method.name, n, confidence, share);
      CHECK(std::abs(share - confidence) <= 0.02);
    }
  }
}

TEST_CASE("coverage of ranges", "[.coverage]") {
  fmt::print("\nmean_interval of confidence 0.9 (ranges, equivalence): % covered\n\n| values | n = 5 | 6 | 8 | 10 | 20 |\n|---|---|---|---|---|---|\n");
  for (const char* kind : {"normal", "student_3", "lognormal_0.5", "lognormal_1"}) {
    fmt::print("| {} |", kind);
    for (const size_t n : {5, 6, 8, 10, 20}) fmt::print(" {:.1f} |", 100 * covered({"", [](const Values& v, uint64_t) { return mean_interval(v, 0.9); }}, kind, n, testing::mean_of(kind)));
    fmt::print("\n");
  }
}

// Exactly: of k of n that share, the probability that its bound holds.
double bound_covers(size_t n, double share) {
  const boost::math::binomial draws(static_cast<double>(n), share);
  double sum = 0;
  for (size_t k = 0; k <= n; ++k) sum += clopper_pearson(k, n).low <= share ? boost::math::pdf(draws, static_cast<double>(k)) : 0;
  return sum;
}

TEST_CASE("bounds of a share cover 95 % or more, whatever the share", "[analysis]") {
  for (const size_t n : {5, 8, 10, 20, 50}) {
    for (double share = 0.01; share < 1; share += 0.01) {
      CAPTURE(n, share);
      CHECK(bound_covers(n, share) >= 0.95 - 1e-12);
    }
  }
}

TEST_CASE("coverage of a share", "[.coverage]") {
  fmt::print("\nlower bound of a share, alpha 0.05: % covered, exactly\n\n| share | n = 5 | 6 | 8 | 10 | 20 |\n|---|---|---|---|---|---|\n");
  for (const double share : {0.3, 0.5, 0.7, 0.9}) {
    fmt::print("| {} |", share);
    for (const size_t n : {5, 6, 8, 10, 20}) fmt::print(" {:.1f} |", 100 * bound_covers(n, share));
    fmt::print("\n");
  }
}

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
