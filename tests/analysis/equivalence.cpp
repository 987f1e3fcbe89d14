#include "analysis/equivalence.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace bnlab;

TEST_CASE("equivalence: -1, 0, 1 within 2 by hand", "[analysis]") {
  // t = 2 / (1 / sqrt 3) = 3.4641 with 2 degrees: p = 1/2 - t / (2 sqrt(2 + t^2)) = 1/2 - sqrt(12/14) / 2
  const Equivalence got = equivalence_test({-1, 0, 1}, 2);
  CHECK(got.above_low == Approx(0.5 - std::sqrt(12.0 / 14) / 2));
  CHECK(got.below_high == Approx(got.above_low));
  CHECK(got.p() == std::max(got.above_low, got.below_high));
}

TEST_CASE("equivalence: both sides must hold", "[analysis]") {
  const Equivalence high = equivalence_test({4.9, 5, 5.1}, 1);
  CHECK(high.above_low < 0.001);
  CHECK(high.below_high > 0.999);
  CHECK(high.p() > 0.999);
}

TEST_CASE("equivalence: equal, infinite, and too few differences", "[analysis]") {
  CHECK(equivalence_test({0.1, 0.1, 0.1}, 0.2).p() == 0);
  CHECK(equivalence_test({0.2, 0.2, 0.2}, 0.2).p() == 1);
  CHECK(equivalence_test({0, 0, std::numeric_limits<double>::infinity()}, 1).p() == 1);
  CHECK(std::isnan(equivalence_test({0}, 1).p()));
}
