// The sign-flip test: counted by hand.
#include "analysis/sign_flip.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "support/simulated.h"

using namespace bnlab;

namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
}

TEST_CASE("sign flips: all one way is 2 of 2^n, so that fewer than 6 never decide at 0.05", "[analysis]") {
  std::vector<double> values;
  for (size_t n = 1; n <= 12; ++n) {
    values.push_back(1.0 + 0.1 * static_cast<double>(n));
    const SignFlip got = sign_flip_test(values);
    CHECK(got.two_sided == 2 / std::pow(2.0, n));
    CHECK(got.greater == 1 / std::pow(2.0, n));
    CHECK(got.less == 1);
    CHECK((got.two_sided <= 0.05) == (n >= 6));
  }
}

TEST_CASE("sign flips: 1, 2, -4 by hand", "[analysis]") {
  // the sums are -7 -5 -3 -1 1 3 5 7; seen: -1
  const SignFlip got = sign_flip_test({1, 2, -4});
  CHECK(got.two_sided == 1);
  CHECK(got.less == 4.0 / 8);
  CHECK(got.greater == 5.0 / 8);
}

TEST_CASE("sign flips: sums that are equal but for rounding are ties", "[analysis]") {
  // 0.1 + 0.2 - 0.3 is 5.6e-17: all eight sums but two are as far out
  const SignFlip got = sign_flip_test({0.1, 0.2, -0.3});
  CHECK(got.two_sided == 1);
  CHECK(got.greater == 5.0 / 8);
  CHECK(got.less == 5.0 / 8);
  // in any order
  const std::vector<double> values{0.1, 0.7, -0.3, 0.2, 1.1, -0.4, 0.6};
  const std::vector<double> turned{0.6, -0.4, 1.1, 0.2, -0.3, 0.7, 0.1};
  CHECK(sign_flip_test(values).two_sided == sign_flip_test(turned).two_sided);
}

TEST_CASE("sign flips: scale does not matter, and zeros say nothing", "[analysis]") {
  const SignFlip small = sign_flip_test({1e-200, 2e-200, 3e-200, -1e-200}), large = sign_flip_test({1e200, 2e200, 3e200, -1e200});
  CHECK(small.two_sided == large.two_sided);
  CHECK(sign_flip_test({0, 0, 0}).two_sided == 1);
  CHECK(sign_flip_test({0, 1, 2, 0}).two_sided == sign_flip_test({1, 2}).two_sided);
  CHECK(sign_flip_test({}).two_sided == 1);
  CHECK(std::isnan(sign_flip_test({1, std::nan("")}).two_sided));
}

TEST_CASE("sign flips: an infinite difference is larger than every finite one, and no more", "[analysis]") {
  CHECK(signed_ranks({-0.5, inf, 0, 0.5, -inf}) == std::vector<double>{-2.5, 4.5, 0, 2.5, -4.5});
  const SignFlip all = sign_flip_test({-inf, -inf, -inf, -inf, -inf, -inf});
  CHECK((all.ranks && all.exact));
  CHECK(all.two_sided == 2.0 / 64);
  CHECK(all.less == 1.0 / 64);
  // ranks -1 -2 -3 -4 -5 -6 -7 +8: sums of ranks with a plus up to 8 are 25 of 256 (1, 1, 1, 2, 2, 3, 4, 5, 6 for 0 .. 8)
  const SignFlip one_against = sign_flip_test({-1, -2, -3, -4, -5, -6, -7, inf});
  CHECK(one_against.less == 25.0 / 256);
  CHECK(one_against.two_sided == 50.0 / 256);
  CHECK_FALSE(sign_flip_test({1, 2}).ranks);
}

TEST_CASE("sign flips: above 20 they are drawn, near the exact share, and the one seen is among them", "[analysis]") {
  std::vector<double> values = testing::simulated("normal", 20, 4);
  for (double& x : values) x += 0.4;
  const SignFlip exact = sign_flip_test(values);
  REQUIRE(exact.exact);
  values.push_back(0);  // says nothing, but there are 21 now
  const SignFlip drawn = sign_flip_test(values);
  CHECK_FALSE(drawn.exact);
  CHECK(drawn.two_sided == Approx(exact.two_sided).margin(5 * std::sqrt(exact.two_sided / 1e5)));
  CHECK(drawn.greater == Approx(exact.greater).margin(5 * std::sqrt(exact.greater / 1e5)));
  CHECK(drawn.two_sided == sign_flip_test(values).two_sided);
  CHECK(sign_flip_test(std::vector<double>(150, 1.0)).two_sided == 1e-5);
}
