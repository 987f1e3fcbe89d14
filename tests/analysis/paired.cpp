#include "analysis/paired.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace bnlab;

namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
}

TEST_CASE("pairs: a miss stays in, two misses are a tie", "[analysis]") {
  CHECK(differences({1, inf, 2, inf, -inf}, {3, 4, inf, inf, -inf}) == std::vector<double>{-2, inf, -inf, 0, 0});
  CHECK(std::isnan(differences({std::nan("")}, {1})[0]));
}

TEST_CASE("pairs: log ratios", "[analysis]") {
  const auto got = log_ratios({8, inf, 2, inf, 0, 0, 3}, {2, 4, inf, inf, 1, 0, 0});
  CHECK(got[0] == Approx(std::log(4)));
  CHECK(std::vector<double>(got.begin() + 1, got.end()) == std::vector<double>{inf, -inf, 0, -inf, 0, inf});
  CHECK(std::isnan(log_ratios({-1}, {1})[0]));
  CHECK(std::isnan(log_ratios({1}, {-inf})[0]));
  CHECK(std::isnan(log_ratios({-2}, {-2})[0]));
  CHECK(std::isnan(log_ratios({std::nan("")}, {1})[0]));
}

TEST_CASE("pairs: the mean where there is one, else the median, and it says so", "[analysis]") {
  const Estimate plain = estimate({1, 2, 3, 4, 5, 21});
  CHECK(plain.statistic == "mean");
  CHECK(plain.interval.estimate == 6);
  CHECK(estimate({1, 2, 3, 4, 5, 21}, 0.95, "median").interval.estimate == 3.5);
  const Estimate middle = estimate({1, 2, 3, 4, 5, 21, 22, -9}, 0.95, "interquartile_mean");
  CHECK(middle.statistic == "interquartile mean");
  CHECK(middle.interval.estimate == 3.5);
  CHECK((middle.interval.low < 3.5 && middle.interval.high > 3.5));
  CHECK(estimate({1, 2, 3, 4, 5, inf}, 0.95, "interquartile_mean").statistic == "median");
  const Estimate censored = estimate({1, 2, 3, 4, 5, inf});
  CHECK(censored.statistic == "median");
  CHECK(censored.interval.estimate == 3.5);
  CHECK((censored.interval.low > 1 && censored.interval.high == inf));
}
