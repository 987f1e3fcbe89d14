// Ours beside SciPy's: every number of statistics.json (make_statistics.py).
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "analysis/bootstrap.h"
#include "analysis/equivalence.h"
#include "analysis/interval.h"
#include "analysis/proportion.h"
#include "analysis/rank.h"
#include "analysis/robust.h"
#include "analysis/sign_flip.h"
#include "analysis/slope.h"
#include "core/files.h"
#include "core/stats.h"
#include "places.h"

using namespace bnlab;
using Values = std::vector<double>;

namespace {

const nlohmann::json& cases(const char* kind) {
  static const auto all = nlohmann::json::parse(read_text(BNLAB_TEST_DIR "/golden/statistics.json"));
  REQUIRE(!all.at(kind).empty());
  return all.at(kind);
}

void agrees(const nlohmann::json& one, const char* name, double got, double tolerance = 1e-10) {
  const double expected = one.at(name);
  INFO(name << " of " << one.dump() << ": got " << got);
  CHECK(std::abs(got - expected) <= tolerance * std::max(1.0, std::abs(expected)));
}

}  // namespace

TEST_CASE("SciPy: the sign-flip test is permutation_test(permutation_type='samples')", "[golden][statistics]") {
  for (const auto& one : cases("sign_flip")) {
    const SignFlip got = sign_flip_test(one.at("values").get<Values>());
    CHECK((got.exact && !got.ranks));
    agrees(one, "two_sided", got.two_sided);
    agrees(one, "greater", got.greater);
    agrees(one, "less", got.less);
  }
}

TEST_CASE("SciPy: a sign-flip test of signed ranks is Wilcoxon's", "[golden][statistics]") {
  for (const auto& one : cases("signed_ranks")) {
    Values values = one.at("values").get<Values>();
    const auto largest = std::max_element(values.begin(), values.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    *largest *= std::numeric_limits<double>::infinity();  // it keeps its rank
    const SignFlip got = sign_flip_test(values);
    CHECK(got.ranks);
    agrees(one, "two_sided", got.two_sided);
    agrees(one, "greater", got.greater);
  }
}

TEST_CASE("SciPy: Student's interval, TOST, order statistics, binomial bounds, trimmed means, slopes", "[golden][statistics]") {
  for (const auto& one : cases("student")) {
    const Interval got = student_interval(one.at("values").get<Values>(), one.at("confidence"));
    agrees(one, "low", got.low);
    agrees(one, "high", got.high);
  }
  for (const auto& one : cases("equivalence")) {
    const Equivalence got = equivalence_test(one.at("values").get<Values>(), one.at("margin"));
    agrees(one, "above_low", got.above_low);
    agrees(one, "below_high", got.below_high);
  }
  for (const auto& one : cases("median")) {
    const Interval got = median_interval(one.at("values").get<Values>());
    agrees(one, "low", got.low);
    agrees(one, "high", got.high);
  }
  for (const auto& one : cases("proportion")) {
    const Share got = clopper_pearson(one.at("k"), one.at("n"), one.at("alpha"));
    agrees(one, "low", got.low);
    agrees(one, "high", got.high);
  }
  for (const auto& one : cases("centre")) agrees(one, "interquartile_mean", interquartile_mean(one.at("values").get<Values>()));
  for (const auto& one : cases("slope")) {
    const Values x = one.at("x").get<Values>(), y = one.at("y").get<Values>();
    agrees(one, "none", slope(x, y));
    agrees(one, "log_x", slope(x, y, Log::x));
    agrees(one, "log_y", slope(x, y, Log::y));
    agrees(one, "log_xy", slope(x, y, Log::xy));
  }
}

TEST_CASE("SciPy: rank correlations with their p, with and without ties", "[golden][statistics]") {
  for (const auto& one : cases("correlation")) {
    const Values x = one.at("x").get<Values>(), y = one.at("y").get<Values>(), z = one.at("z").get<Values>();
    const RankCorrelation tau = kendall(x, y), rho = spearman(x, y), partial = partial_spearman(x, y, {z});
    agrees(one, "tau", tau.value);
    agrees(one, "tau_p", tau.p);
    agrees(one, "rho", rho.value);
    agrees(one, "rho_p", rho.p);
    agrees(one, "partial", partial.value);
    agrees(one, "partial_p", partial.p);
  }
}

TEST_CASE("SciPy: BCa of all n^n resamples is what 10,000 of them come near", "[golden][statistics]") {
  for (const auto& one : cases("bootstrap")) {
    const Values values = one.at("values").get<Values>();
    agrees(one, "a", acceleration(values, mean));
    // the share below has a standard error of at most 0.005, and z0 is 2.5 times as steep: five of them
    agrees(one, "z0", bias_correction(resample(values, mean, 10000, 0), mean(values)), 0.065);
    const Interval got = bca_interval(values, mean, {.expanded = false});
    const double deviation = student_interval(values, 0.5).high - mean(values);
    agrees(one, "low", got.low, 0.5 * deviation);
    agrees(one, "high", got.high, 0.5 * deviation);
  }
}
