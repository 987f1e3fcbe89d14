// What every criterion must do, without naming any: a planted effect is found, a reversed one refuted, noise rarely supported.
//
//   build/release/tests/bnlab_tests '[.errors]'      # the table of docs/statistics.md
#include "analysis/criterion.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include <cmath>

#include "core/rng.h"

using namespace bnlab;

namespace {

constexpr int experiments = 2000;

struct Drawn {
  Side arm, than;
};

// n seeds; `than` is about 1, `arm` about 1 + effect, in six runs a seed where a criterion looks along the config (there
// the effect is a slope, the place of the best, or a height, so that whatever it looks at is there).
Drawn draw(const Criterion& criterion, double effect, double noise, uint64_t k, int64_t n = 8) {
  Stream stream(k, "test/criteria");
  Drawn out;
  uint64_t i = 0;
  auto normal = [&] { return stream.normal(0, i++); };
  const bool along = *criterion.path_key() != '\0';
  for (int64_t seed = 1; seed <= n; ++seed) {
    const double base = 10 + 0.1 * normal();
    for (const double at : along ? std::vector<double>{1, 2, 3, 4, 6, 8} : std::vector<double>{1}) {
      auto value = [&](double of) {
        const double slope = along && !criterion.compares() ? of * at : 0, peak = along && criterion.compares() ? -std::abs(std::log2(at) - 1.5 - 1.5 * of) : 0;
        return base + (along ? 0 : of) + slope + peak + noise * normal();
      };
      out.arm.push_back({seed, value(effect), at, "arm"});
      out.than.push_back({seed, value(0), at, "than"});
      out.arm.back().held.push_back(normal());
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
  if (name == "partial_trend") return R"({"against": "x", "given": ["z"]})";
  if (name == "proportion") return R"({"above": 10, "at_least": 0.5})";
  if (name == "optimum") return R"({"over": "x"})";
  if (name == "equivalence") return R"({"margin": 0.5})";
  return "{}";
}

struct Shares {
  double found = 0, refuted = 0, wrong = 0, denied = 0;  // planted, reversed, at the limit: supported, refuted
};
Shares shares_of(const std::string& name, double noise, int64_t n) {
  const auto criterion = with(name, options_of(name));
  const bool same = name == "equivalence";  // whose claim is that there is no effect
  Shares out;
  for (uint64_t k = 0; k < experiments; ++k) {
    out.found += verdict(*criterion, draw(*criterion, same ? 0 : 1, noise, 3 * k, n)) == "supported";
    out.refuted += verdict(*criterion, draw(*criterion, same ? 1.5 : -1, noise, 3 * k + 1, n)) == "refuted";
    const std::string at_limit = verdict(*criterion, draw(*criterion, same ? 0.5 : 0, noise, 3 * k + 2, n));
    out.wrong += at_limit == "supported", out.denied += at_limit == "refuted";
  }
  for (double* share : {&out.found, &out.refuted, &out.wrong, &out.denied}) *share /= experiments;
  return out;
}

}  // namespace

TEST_CASE("every criterion: planted effects are found, reversed ones refuted, noise rarely supported", "[contract][criteria]") {
  const std::string name = GENERATE(from_range(criteria().names()));
  const Shares got = shares_of(name, 0.2, 8);
  CAPTURE(name, got.found, got.refuted, got.wrong, got.denied);
  CHECK(got.found >= 0.9);
  CHECK(got.refuted >= 0.9);
  const double limit = 0.05 + 3 * std::sqrt(0.05 * 0.95 / experiments);
  CHECK(got.wrong <= limit);
  CHECK(got.denied <= limit);
}

TEST_CASE("error rates of every criterion", "[.errors]") {
  fmt::print("\n| criterion | seeds | noise | planted: supported | reversed: refuted | at the limit: supported | refuted |\n|---|---|---|---|---|---|---|\n");
  for (const std::string& name : criteria().names()) {
    for (const int64_t n : {6, 8, 20}) {
      for (const double noise : {0.2, 1.0}) {
        const Shares got = shares_of(name, noise, n);
        fmt::print("| `{}` | {} | {} | {:.1f} | {:.1f} | {:.1f} | {:.1f} |\n", name, n, noise, 100 * got.found, 100 * got.refuted, 100 * got.wrong, 100 * got.denied);
      }
    }
  }
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
