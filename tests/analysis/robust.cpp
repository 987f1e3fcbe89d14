#include "analysis/robust.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace bnlab;

TEST_CASE("the interquartile mean: a quarter cut off at either end, rounded down", "[analysis]") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  CHECK(interquartile_mean({8, 1, 2, 7, 3, 6, 4, 100}) == Approx((3 + 4 + 6 + 7) / 4.0));
  CHECK(interquartile_mean({3, 1, 2}) == 2);
  CHECK(interquartile_mean({inf, 1, 2, 3}) == 2.5);
  CHECK(interquartile_mean({inf, inf, 2, 3}) == inf);
  CHECK(std::isnan(interquartile_mean({})));
  CHECK(std::isnan(interquartile_mean({1, std::nan(""), 1, 1, 1})));
}
