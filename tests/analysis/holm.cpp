#include "analysis/holm.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace bnlab;

TEST_CASE("Holm: by hand", "[analysis]") {
  // in rising order 0.01 * 4, 0.02 * 3, 0.03 * 2 raised to 0.06, 0.4 * 1
  const auto got = holm({0.03, 0.4, 0.01, 0.02});
  CHECK(got[0] == Approx(0.06));
  CHECK(got[1] == Approx(0.4));
  CHECK(got[2] == Approx(0.04));
  CHECK(got[3] == Approx(0.06));
  CHECK(holm({0.7, 0.8}) == std::vector<double>{1, 1});
  CHECK(holm({0.03}) == std::vector<double>{0.03});
  CHECK(holm({}).empty());
}

TEST_CASE("Holm: a comparison that could not be made counts and stays unknown", "[analysis]") {
  const auto got = holm({std::nan(""), 0.02});
  CHECK(std::isnan(got[0]));
  CHECK(got[1] == Approx(0.04));
}
