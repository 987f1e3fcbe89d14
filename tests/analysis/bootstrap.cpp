// BCa. How often it covers is in coverage.cpp; beside SciPy it is in golden/statistics.cpp.
#include "analysis/bootstrap.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "analysis/robust.h"
#include "analysis/slope.h"
#include "core/stats.h"
#include "support/simulated.h"

using namespace bnlab;
using Values = std::vector<double>;

TEST_CASE("bootstrap: z0 is 0 where as many resamples lie below as above, ties by half", "[analysis]") {
  CHECK(bias_correction({1, 2, 3, 4}, 2.5) == Approx(0).margin(1e-15));
  CHECK(bias_correction({1, 2, 2, 3}, 2) == Approx(0).margin(1e-15));
  CHECK(bias_correction({1, 2, 3, 4}, 3.5) == Approx(0.674490));  // Phi^-1(3/4)
  CHECK(std::isfinite(bias_correction({1, 2, 3, 4}, 9)));
}

TEST_CASE("bootstrap: the acceleration of a mean is its skewness / (6 sqrt(n))", "[analysis]") {
  // 0, 0, 3: deviations -1, -1, 2, sum of cubes 6, of squares 6; the sign of the skewness is that of a
  CHECK(acceleration({0, 0, 3}, mean) == Approx(6 / (6 * std::pow(6, 1.5))));
  CHECK(acceleration({1, 2, 3}, mean) == Approx(0).margin(1e-15));
}

TEST_CASE("bootstrap: the same seed gives the same interval, another one nearly", "[analysis]") {
  const Values values = testing::simulated("lognormal_1", 8, 1);
  const Interval once = bca_interval(values, mean), again = bca_interval(values, mean), other = bca_interval(values, mean, {.seed = 1});
  CHECK((once.low == again.low && once.high == again.high));
  CHECK((once.low != other.low && std::abs(once.low - other.low) < 0.1 * (once.high - once.low)));
  CHECK((once.low < once.estimate && once.estimate < once.high));
}

TEST_CASE("bootstrap: expanded percentiles make it wider, by sqrt(n / (n - 1)) t / z", "[analysis]") {
  const Values values = testing::simulated("normal", 20, 1);
  const Interval plain = bca_interval(values, mean, {.expanded = false}), expanded = bca_interval(values, mean);
  const double wider = std::sqrt(20.0 / 19) * 2.093024 / 1.959964;
  CHECK((expanded.high - expanded.low) / (plain.high - plain.low) == Approx(wider).epsilon(0.03));
}

TEST_CASE("bootstrap: any statistic, of one sample or of pairs", "[analysis]") {
  const Values x{1, 2, 3, 4, 5, 6, 7, 8}, noise = testing::simulated("normal", 8, 2);
  Values y, which;
  for (size_t i = 0; i < x.size(); ++i) y.push_back(3 * x[i] + 0.1 * noise[i]), which.push_back(static_cast<double>(i));
  const auto of_pairs = [&](const Values& drawn) {
    Values px, py;
    for (const double i : drawn) px.push_back(x[static_cast<size_t>(i)]), py.push_back(y[static_cast<size_t>(i)]);
    const double found = slope(px, py);
    return std::isnan(found) ? slope(x, y) : found;  // one point drawn n times
  };
  const Interval line = bca_interval(which, of_pairs);
  CHECK((line.low < 3.05 && line.low > 2.8 && line.high > 2.95 && line.high < 3.2));
  const Interval middle = bca_interval(y, interquartile_mean), half = bca_interval(y, median);
  CHECK((middle.low < middle.estimate && middle.estimate < middle.high));
  CHECK((half.low < half.estimate && half.estimate < half.high));
}

TEST_CASE("bootstrap: too little, equal and infinite values", "[analysis]") {
  CHECK(std::isnan(bca_interval({2}, mean).low));
  CHECK(std::isnan(bca_interval({}, mean).estimate));
  const Interval equal = bca_interval({2, 2, 2}, mean);
  CHECK((equal.low == 2 && equal.high == 2));
  const Interval censored = bca_interval({1, 2, std::numeric_limits<double>::infinity(), 3, 4}, median);
  CHECK(censored.estimate == 3);
  CHECK(std::isnan(censored.high));
}
