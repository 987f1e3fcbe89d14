// Simulated experiments of eight pairs, judged as a claim of a difference is: noise is seldom found to be anything, a planted
// effect nearly always, and a reversed one is refuted.
#include <fmt/format.h>

#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "analysis/criterion.h"
#include "analysis/equivalence.h"
#include "analysis/paired.h"
#include "analysis/sign_flip.h"
#include "support/simulated.h"

using namespace bnlab;

namespace {

constexpr size_t pairs = 8;
constexpr uint64_t experiments = 2000;

// 1: the differences are above 0; -1: below; 0: undecided
int side(const std::vector<double>& differences) {
  if (!(sign_flip_test(differences).two_sided <= 0.05)) return 0;
  const Interval interval = estimate(differences).interval;
  return interval.low > 0 ? 1 : interval.high < 0 ? -1 : 0;
}

struct Counts {
  double supported = 0, refuted = 0;  // shares, where "greater" is claimed
};
template <class Make>
Counts judge(const Make& make) {
  Counts out;
  for (uint64_t k = 0; k < experiments; ++k) {
    const int found = side(make(k));
    out.supported += found > 0, out.refuted += found < 0;
  }
  out.supported /= experiments, out.refuted /= experiments;
  UNSCOPED_INFO("supported " << out.supported << ", refuted " << out.refuted);
  return out;
}

// What the two-sided t test of level alpha finds of an effect of d standard deviations, where |mean| / s must exceed its
// quantile / sqrt(n), or `limit` if that is more.
double power(double n, double d, double alpha, double limit = 0) {
  const double t = boost::math::quantile(boost::math::students_t(n - 1), 1 - alpha / 2);
  return boost::math::cdf(boost::math::complement(boost::math::non_central_t(n - 1, d * std::sqrt(n)), std::max(t, limit * std::sqrt(n))));
}

// What mean_interval finds. By Basu's theorem the skewness g of normal values is independent of mean / s, so this is the mean
// over g of the power at the limit that it sets; g is about normal with variance 6 (n-2) / ((n+1) (n+3)).
double power_of_interval(double n, double d) {
  const double spread = std::sqrt(6 * (n - 2) / ((n + 1) * (n + 3))), most = (n - 2) / std::sqrt(n - 1);
  const double t = boost::math::quantile(boost::math::students_t(n - 1), 0.975);
  double sum = 0, weights = 0;
  for (double g = -most; g <= most; g += 0.001) {
    const double weight = std::exp(-g * g / (2 * spread * spread)), longer = std::max(0.0, -g * std::sqrt(n * (n - 1)) / (n - 2));
    sum += weight * power(n, d, 0.05, t / std::sqrt(n) + longer * (2 * t * t + 1) / (6 * n)), weights += weight;
  }
  return sum / weights;
}

}  // namespace

TEST_CASE("verdicts: noise supports a claim in at most 2.5 %, and refutes it in as few", "[analysis][simulation]") {
  const auto kind = GENERATE("normal", "student_3", "cauchy");
  const Counts found = judge([&](uint64_t k) { return testing::simulated(kind, pairs, k); });
  // alpha is shared by the two sides; four standard errors of 2,000 draws
  const double limit = 0.025 + 4 * std::sqrt(0.025 * 0.975 / experiments);
  CHECK(found.supported <= limit);
  CHECK(found.refuted <= limit);
  CHECK(found.supported + found.refuted > 0.005);  // and it is not deaf
}

TEST_CASE("verdicts: whatever centre is compared, noise supports in at most 2.5 % and an effect is found", "[analysis][simulation]") {
  const std::string statistic = GENERATE("median", "interquartile_mean");
  const auto kind = GENERATE("normal", "student_3");
  DirectionOf direction;
  direction.statistic = statistic;
  constexpr double draws = 500;  // the bootstrap takes 10,000 resamples for each
  double wrong = 0, found = 0;
  for (uint64_t k = 0; k < 500; ++k) {
    const auto supported = [&](double effect) {
      auto values = testing::simulated(kind, pairs, k);
      for (double& x : values) x += effect;
      const Finding got = direction.judge(values, 0, 0.05);
      CHECK(got.statistic == (statistic == "median" ? "median" : "interquartile mean"));
      return got.supports && got.supporting <= 0.05;
    };
    wrong += supported(0) / draws, found += supported(3) / draws;
  }
  UNSCOPED_INFO("wrong " << wrong << ", found " << found);
  CHECK(wrong <= 0.025 + 4 * std::sqrt(0.025 * 0.975 / draws));
  CHECK(found >= 0.8);
}

TEST_CASE("verdicts: so does noise of which some is censored", "[analysis][simulation]") {
  const Counts found = judge([&](uint64_t k) {
    auto arm = testing::simulated("normal", pairs, k), than = testing::simulated("normal", pairs, k + experiments);
    for (auto* side : {&arm, &than}) {
      for (double& x : *side) x = x > 0.5 ? std::numeric_limits<double>::infinity() : x;
    }
    return differences(arm, than);
  });
  const double limit = 0.025 + 4 * std::sqrt(0.025 * 0.975 / experiments);
  CHECK(found.supported <= limit);
  CHECK(found.refuted <= limit);
}

TEST_CASE("verdicts: an effect of 1.5 standard deviations is found, and refutes the opposite claim", "[analysis][simulation]") {
  const double sign = GENERATE(1.0, -1.0);
  Counts found = judge([&](uint64_t k) {
    auto values = testing::simulated("normal", pairs, k);
    for (double& x : values) x = sign * (x + 1.5);
    return values;
  });
  if (sign < 0) std::swap(found.supported, found.refuted);
  // the interval's share, less what a t test loses at the largest level below 0.05 that 256 sign flips have
  const double theory = power_of_interval(pairs, 1.5) - (power(pairs, 1.5, 0.05) - power(pairs, 1.5, 12.0 / 256));
  UNSCOPED_INFO("theory: " << theory << ", of a t test alone " << power(pairs, 1.5, 0.05));
  CHECK(found.supported >= theory - 4 * std::sqrt(theory * (1 - theory) / experiments));
  CHECK(found.supported <= power(pairs, 1.5, 0.05) + 4 * std::sqrt(0.05 * 0.95 / experiments));
  CHECK(found.refuted == 0);
}

TEST_CASE("verdicts: equivalence at its margin is found in at most 5 %", "[analysis][simulation]") {
  const auto kind = GENERATE("normal", "student_3");
  double found = 0;
  for (uint64_t k = 0; k < experiments; ++k) {
    auto values = testing::simulated(kind, pairs, k);
    for (double& x : values) x += 1;
    found += equivalence_test(values, 1).p() <= 0.05;
  }
  UNSCOPED_INFO("found " << found / experiments);
  CHECK(found / experiments <= 0.05 + 4 * std::sqrt(0.05 * 0.95 / experiments));
}

// The table of docs/statistics.md; build/release/tests/bnlab_tests '[.power]'
TEST_CASE("power of a verdict", "[.power]") {
  fmt::print("\n% supported of an effect of d standard deviations (t test alone, in theory)\n\n| n | d = 0 | 0.5 | 1 | 1.5 | 2 | 3 |\n"
             "|---|---|---|---|---|---|---|\n");
  for (const size_t n : {5, 6, 8, 12, 20}) {
    fmt::print("| {} |", n);
    for (const double d : {0.0, 0.5, 1.0, 1.5, 2.0, 3.0}) {
      const Counts found = judge([&](uint64_t k) {
        auto values = testing::simulated("normal", n, k);
        for (double& x : values) x += d;
        return values;
      });
      fmt::print(" {:.1f} ({:.1f}) |", 100 * found.supported, 100 * power(static_cast<double>(n), d, 0.05));
    }
    fmt::print("\n");
  }
}
