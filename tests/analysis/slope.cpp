#include "analysis/slope.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace bnlab;

TEST_CASE("slopes: of a line, of a power, of an exponential", "[analysis]") {
  CHECK(slope({1, 2, 4}, {1, 3, 7}) == Approx(2));
  CHECK(slope({1, 2, 3}, {1, 0, 2}) == Approx(0.5));
  CHECK(slope({1, 2, 4}, {3, 12, 48}, Log::xy) == Approx(2));
  CHECK(slope({0, 1, 2}, {1, std::exp(3), std::exp(6)}, Log::y) == Approx(3));
  CHECK(slope({1, std::exp(1), std::exp(2)}, {5, 6, 7}, Log::x) == Approx(1));
}

TEST_CASE("slopes: none of one point, of one place, of what has no logarithm", "[analysis]") {
  CHECK(std::isnan(slope({1}, {1})));
  CHECK(std::isnan(slope({0.1, 0.1, 0.1}, {1, 2, 3})));
  CHECK(std::isnan(slope({0, 1}, {1, 2}, Log::x)));
  CHECK(std::isnan(slope({1, 2}, {-1, 2}, Log::y)));
  CHECK(std::isnan(slope({1, 2}, {1, std::numeric_limits<double>::infinity()})));
}
