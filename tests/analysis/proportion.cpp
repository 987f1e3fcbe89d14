#include "analysis/proportion.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace bnlab;

TEST_CASE("Clopper-Pearson: none, all, and 1 of 2 by hand", "[analysis]") {
  const Share none = clopper_pearson(0, 8), all = clopper_pearson(8, 8), half = clopper_pearson(1, 2);
  CHECK((none.estimate == 0 && none.low == 0));
  CHECK(none.high == Approx(1 - std::pow(0.05, 1.0 / 8)));
  CHECK(all.low == Approx(std::pow(0.05, 1.0 / 8)));
  CHECK(all.high == 1);
  CHECK(half.estimate == 0.5);
  CHECK(half.low == Approx(1 - std::sqrt(0.95)));  // P(at least one of two) = 0.05
  CHECK(half.high == Approx(std::sqrt(0.95)));
  const Share nothing = clopper_pearson(0, 0);
  CHECK((std::isnan(nothing.estimate) && nothing.low == 0 && nothing.high == 1));
}
