// What every criterion must do, without naming any: a planted effect is found, a reversed one refuted, noise rarely supported.
#include "analysis/criterion.h"

#include <catch2/catch.hpp>

#include <cmath>

#include "core/rng.h"

using namespace bnlab;

namespace {

constexpr int experiments = 300;

struct Drawn {
  Side arm, than;
};

// Eight seeds; `than` is about 1, `arm` about 1 + effect, in four runs a seed where a criterion looks along the config (there
// the effect is a slope, the place of the best, or a height, so that whatever it looks at is there).
Drawn draw(const Criterion& criterion, double effect, double noise, uint64_t k) {
  Stream stream(k, "test/criteria");
  Drawn out;
  uint64_t i = 0;
  auto normal = [&] { return stream.normal(0, i++); };
  const bool along = *criterion.path_key() != '\0';
  for (int64_t seed = 1; seed <= 8; ++seed) {
    const double base = 10 + 0.1 * normal();
    for (const double at : along ? std::vector<double>{1, 2, 4, 8} : std::vector<double>{1}) {
      auto value = [&](double of) {
        const double slope = along && !criterion.compares() ? of * at : 0, peak = along && criterion.compares() ? -std::abs(std::log2(at) - 1.5 - 1.5 * of) : 0;
        return base + (along ? 0 : of) + slope + peak + noise * normal();
      };
      out.arm.push_back({seed, value(effect), at, "arm"});
      out.than.push_back({seed, value(0), at, "than"});
    }
  }
  return out;
}

std::string verdict(const Criterion& criterion, const Drawn& drawn, double alpha = 0.05) {
  const Finding f = criterion.judge(drawn.arm, drawn.than, alpha);
  if (f.supports && f.supporting <= alpha) return "supported";
  return f.refutes && f.against <= alpha ? "refuted" : "undecided";
}

std::unique_ptr<Criterion> with(const std::string& name, const std::string& options) {
  return make_as<Criterion>(criteria(), {name, options});
}

// Options under which an effect of 1 is what is claimed, one of -1 the opposite, and 0 exactly where noise may not support.
std::string options_of(const std::string& name) {
  if (name == "value") return R"({"low": 10})";
  if (name == "slope") return R"({"low": 0, "against": "x"})";
  if (name == "trend") return R"({"against": "x"})";
  if (name == "proportion") return R"({"above": 10, "at_least": 0.5})";
  if (name == "optimum") return R"({"over": "x"})";
  if (name == "equivalence") return R"({"margin": 0.5})";
  return "{}";
}

}  // namespace

TEST_CASE("every criterion: planted effects are found, reversed ones refuted, noise rarely supported", "[contract][criteria]") {
  const std::string name = GENERATE(from_range(criteria().names()));
  CAPTURE(name);
  const auto criterion = with(name, options_of(name));
  const bool same = name == "equivalence";  // whose claim is that there is no effect
  int found = 0, refuted = 0, wrong = 0;
  for (uint64_t k = 0; k < experiments; ++k) {
    found += verdict(*criterion, draw(*criterion, same ? 0 : 1, 0.2, 3 * k)) == "supported";
    refuted += verdict(*criterion, draw(*criterion, same ? 1.5 : -1, 0.2, 3 * k + 1)) == "refuted";
    wrong += verdict(*criterion, draw(*criterion, same ? 0.5 : 0, 0.2, 3 * k + 2)) == "supported";
  }
  CAPTURE(found, refuted, wrong);
  CHECK(found >= 0.9 * experiments);
  CHECK(refuted >= 0.9 * experiments);
  CHECK(wrong <= 0.05 * experiments + 3 * std::sqrt(0.05 * 0.95 * experiments));
}

TEST_CASE("every criterion: two runs of a seed where one is asked for are named", "[contract][criteria]") {
  const std::string name = GENERATE(from_range(criteria().names()));
  const auto criterion = with(name, options_of(name));
  Drawn drawn = draw(*criterion, 1, 0.1, 7);
  if (*criterion->path_key() != '\0') return;
  drawn.arm.push_back(drawn.arm[2]);
  drawn.arm.back().dir = "the other";
  CHECK_THROWS_WITH(criterion->judge(drawn.arm, drawn.than, 0.05), Catch::Contains("seed 3 has 2 runs") && Catch::Contains("the other"));
}

TEST_CASE("a factor below 1 bounds a ratio from the other side: less, 0.25 is under 4 times", "[criteria]") {
  for (const char* name : {"ratio", "optimum"}) {
    const auto criterion = with(name, std::string(R"({"direction": "less", "factor": 0.25)") + (std::string(name) == "optimum" ? R"(, "over": "x"})" : "}"));
    CHECK(criterion->threshold() == "< 4");
    for (const double ratio : {2.0, 8.0}) {
      Drawn drawn;
      for (int64_t seed = 1; seed <= 8; ++seed) {
        drawn.arm.push_back({seed, ratio, ratio, "arm"});
        drawn.than.push_back({seed, 1, 1, "than"});
      }
      CAPTURE(name, ratio);
      CHECK(verdict(*criterion, drawn) == (ratio < 4 ? "supported" : "refuted"));
    }
  }
}
