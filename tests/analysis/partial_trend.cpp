// partial_trend: what another number of the config explains is no trend.
#include <catch2/catch.hpp>

#include "analysis/criterion.h"
#include "support/simulated.h"

using namespace bnlab;

namespace {

// Twelve runs a seed. `at` and the measure follow `held`, each with noise of its own; `own` is what `at` adds.
Finding found(const std::string& name, const std::string& options, double own) {
  Side arm;
  for (int64_t seed = 0; seed < 8; ++seed) {
    const auto noise = testing::simulated("normal", 24, static_cast<uint64_t>(seed));
    for (size_t i = 0; i < 12; ++i) {
      const double held = static_cast<double>(i), at = held + 4 * noise[i];
      arm.push_back({seed, held + own * at + 2 * noise[12 + i], at, "", {held}});
    }
  }
  return make_as<Criterion>(criteria(), {name, options})->judge(arm, {}, 0.05);
}

}  // namespace

TEST_CASE("a partial trend is what is left when others are held", "[analysis]") {
  CHECK(found("trend", R"({"against": "x"})", 0).supports);
  CHECK_FALSE(found("partial_trend", R"({"against": "x", "given": ["z"]})", 0).supports);
  const Finding real = found("partial_trend", R"({"against": "x", "given": ["z"]})", 2);
  CHECK((real.supports && real.supporting <= 0.05 && real.statistic == "mean partial rho"));
  // nothing held: Spearman's rho
  CHECK(found("partial_trend", R"({"against": "x"})", 0).supports);
  // `at` itself is held: there is nothing left
  Side arm;
  for (int64_t seed = 0; seed < 8; ++seed) {
    for (const double at : {1.0, 2.0, 3.0, 4.0, 5.0}) arm.push_back({seed, at * at, at, "", {at}});
  }
  const Finding none = make_as<Criterion>(criteria(), {"partial_trend", R"({"against": "x", "given": ["x"]})"})->judge(arm, {}, 0.05);
  CHECK_FALSE(none.why.empty());
}
