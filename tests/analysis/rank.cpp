#include "analysis/rank.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace bnlab;

TEST_CASE("ranks: ties share the middle, infinities are outermost", "[analysis]") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  CHECK(middle_ranks({3, 1, inf, 1, -inf}) == std::vector<double>{4, 2.5, 5, 2.5, 1});
}

TEST_CASE("Kendall: counted by hand", "[analysis]") {
  // of the 24 orders of four, 1 has no inversion, 3 have one: p = 2 * 4 / 24 for one
  const RankCorrelation one = kendall({1, 2, 3, 4}, {1, 2, 4, 3});
  CHECK(one.value == Approx(4.0 / 6));
  CHECK(one.p == Approx(8.0 / 24));
  CHECK(kendall({1, 2, 3, 4}, {4, 3, 2, 1}).value == -1);
  CHECK(kendall({1, 2, 3, 4}, {4, 3, 2, 1}).p == Approx(2.0 / 24));
  // pairs: 2 concordant, 1 tied in x: tau-b = 2 / sqrt(2 * 3)
  CHECK(kendall({1, 1, 2}, {1, 2, 3}).value == Approx(2 / std::sqrt(6)));
}

TEST_CASE("Spearman: by hand, and of any rising function 1", "[analysis]") {
  CHECK(spearman({1, 2, 3, 4}, {1, 2, 4, 3}).value == Approx(0.8));  // 1 - 6 * 2 / (4 * 15)
  CHECK(spearman({1, 2, 3, 4}, {1, 8, 27, 1000}).value == Approx(1));
  CHECK(spearman({1, 2, 3, 4}, {1, 8, 27, 1000}).p == Approx(0).margin(1e-12));
}

TEST_CASE("partial rank correlation: what a control explains is gone", "[analysis]") {
  // ranks 1 2 3 4 5 / 2 1 4 3 5 / 1 3 2 5 4: r_xy = 0.8, r_xz = 0.8, r_yz = 1 - 6 * 14 / 120 = 0.3
  const std::vector<double> x{1, 2, 3, 4, 5}, y{2, 1, 4, 3, 5}, z{1, 3, 2, 5, 4};
  CHECK(partial_spearman(x, y, {z}).value == Approx((0.8 - 0.8 * 0.3) / std::sqrt((1 - 0.64) * (1 - 0.09))));
  CHECK(partial_spearman(x, y, {}).value == spearman(x, y).value);
  CHECK(std::isnan(partial_spearman(x, y, {x}).value));
  const std::vector<double> w{3, 1, 5, 2, 4, 6}, u{1, 2, 3, 4, 5, 6}, v{2, 3, 1, 6, 4, 5}, t{6, 1, 4, 2, 5, 3};
  CHECK(partial_spearman(u, v, {w, t}).value == Approx(partial_spearman(u, v, {t, w}).value));
}

TEST_CASE("rank correlations: nothing where there is nothing to order", "[analysis]") {
  CHECK(std::isnan(kendall({1, 1, 1}, {1, 2, 3}).value));
  CHECK(std::isnan(kendall({1}, {1}).value));
  CHECK(std::isnan(spearman({1, 1, 1}, {1, 2, 3}).value));
  CHECK(std::isnan(spearman({1, 2, std::nan("")}, {1, 2, 3}).value));
  CHECK(std::isnan(kendall({1, 2, std::nan("")}, {1, 2, 3}).p));
}
