// Intervals for a centre. How often they cover is in coverage.cpp.
#include "analysis/interval.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "support/simulated.h"

using namespace bnlab;
using Values = std::vector<double>;

namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
}

TEST_CASE("Student's interval: 1 .. 5 by hand", "[analysis]") {
  const Interval got = student_interval({1, 2, 3, 4, 5});  // t(4 degrees, 0.975) = 2.776445, s = sqrt(2.5)
  CHECK(got.estimate == 3);
  CHECK(got.high - 3 == Approx(2.776445 * std::sqrt(0.5)).epsilon(1e-6));
  CHECK(3 - got.low == Approx(got.high - 3));
}

TEST_CASE("the mean's interval is Student's for symmetric values; a long tail moves the end on its side", "[analysis]") {
  const Interval even = mean_interval({1, 2, 3, 4, 5}), student = student_interval({1, 2, 3, 4, 5});
  CHECK(even.low == Approx(student.low).epsilon(1e-12));
  CHECK(even.high == Approx(student.high).epsilon(1e-12));

  // 0 0 0 0 5: squares 20, cubes 60, so g = 12 / 8, G = g sqrt(20) / 3 = sqrt(5), s = sqrt(5), t(4 degrees, 0.975) = 2.776445
  const Interval skewed = mean_interval({0, 0, 0, 0, 5}), plain = student_interval({0, 0, 0, 0, 5});
  CHECK(skewed.low == plain.low);
  CHECK(skewed.high - plain.high == Approx(5 * (2 * 2.776445 * 2.776445 + 1) / 30).epsilon(1e-6));
}

TEST_CASE("the mean's interval: Johnson's t of an end is Student's quantile but for terms of second order in the skewness", "[analysis]") {
  const auto off = [](double skewing) {  // of the quantile
    Values values{-3, -1, 0, 1, 3};
    for (double& x : values) x += skewing * x * x;
    double mean = 0, squares = 0, cubes = 0;
    for (const double x : values) mean += x / 5;
    for (const double x : values) squares += std::pow(x - mean, 2), cubes += std::pow(x - mean, 3);
    const double s = std::sqrt(squares / 4), g = std::sqrt(20.0) / 3 * cubes / 5 / std::pow(squares / 5, 1.5);
    const double d = mean - mean_interval(values).high;
    return std::sqrt(5) / s * (d + s * g / 30 + g / (3 * s) * d * d) + 2.7764451051977987;
  };
  CHECK(std::abs(off(1e-3)) < 1e-4);
  CHECK(off(1e-3) / off(5e-4) == Approx(4).epsilon(0.02));
}

TEST_CASE("the mean's interval moves, stretches and mirrors with the values", "[analysis]") {
  const auto kind = GENERATE("normal", "lognormal_1");
  const Values values = testing::simulated(kind, 7, 3);
  Values moved, mirrored;
  for (const double x : values) moved.push_back(10 + 3 * x), mirrored.push_back(-x);
  const Interval a = mean_interval(values), b = mean_interval(moved), c = mean_interval(mirrored);
  CHECK(b.low == Approx(10 + 3 * a.low));
  CHECK(b.high == Approx(10 + 3 * a.high));
  CHECK(c.low == Approx(-a.high));
  CHECK(c.high == Approx(-a.low));
}

TEST_CASE("intervals of too little, of equal and of infinite values", "[analysis]") {
  for (const auto& interval : {student_interval({2}), mean_interval({2}), median_interval({2})}) {
    CHECK(interval.estimate == 2);
    CHECK((std::isnan(interval.low) && std::isnan(interval.high)));
  }
  for (const auto& interval : {student_interval({0.1, 0.1, 0.1}), mean_interval({0.1, 0.1, 0.1}), median_interval({0.1, 0.1, 0.1})}) {
    CHECK((interval.estimate == 0.1 && interval.low == 0.1 && interval.high == 0.1));
  }
  CHECK(std::isnan(mean_interval({}).estimate));
  CHECK(std::isnan(median_interval({}).estimate));
  CHECK(std::isnan(mean_interval({1, 2, inf}).low));
  CHECK(std::isnan(median_interval({1, 2, std::nan("")}).estimate));
}

TEST_CASE("the median's interval: order statistics by hand", "[analysis]") {
  // 6 values: the range covers 31/32, the next pair 25/32; 0.1 of the way in coverage is 0.5 / 1.4 of the way in values
  const Interval six = median_interval({6, 2, 4, 3, 5, 1});
  CHECK(six.estimate == 3.5);
  CHECK(six.low == Approx(1 + 0.5 / 1.4));
  CHECK(six.high == Approx(6 - 0.5 / 1.4));
  const Interval five = median_interval({5, 1, 2, 3, 4});  // 15/16 is the most there is
  CHECK((five.estimate == 3 && five.low == 1 && five.high == 5));
  const Interval middle = median_interval({1, 2, 3, 4}, 0.3);  // the two in the middle cover 3/8
  CHECK((middle.low == 2 && middle.high == 3));
}

TEST_CASE("the median's interval of censored values", "[analysis]") {
  const Interval some = median_interval({1, 2, 3, 4, 5, 6, inf, inf});
  CHECK(some.estimate == 4.5);
  CHECK((some.low > 1 && some.low < 2 && some.high == inf));
  const Interval most = median_interval({1, inf, inf, inf, inf, inf});
  CHECK((most.estimate == inf && most.low == 1 && most.high == inf));
  CHECK(median_interval({-inf, -inf, -inf, -inf, 1, 2}).estimate == -inf);
  CHECK(median_interval({-inf, -inf, -inf, 1, 2, 3}).estimate == -inf);
  CHECK(std::isnan(median_interval({-inf, -inf, inf, inf}).estimate));
  const Interval all = median_interval({-inf, -inf, -inf, -inf, -inf, -inf});
  CHECK((all.low == -inf && all.high == -inf));
}
