// The distribution probe against a slow twin that knows nothing of it.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>

#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

// The slow twin: trains on its own, looks at each asked step with plain loops.
class Oracle : public Observer<double> {
 public:
  Oracle(Watched& w, std::vector<int64_t> steps) : w_(w), steps_(std::move(steps)), replica_(w.config.model, w.data, 64, false, 0, w.pool, Keep::all), batches_(w.data, w.data.train, 1, 0) {
    batch_ = batches_.sample(Stream(0, "probe/distribution"), 64);
  }
  void at_state(const StateView<double>& view) override {
    if (std::find(steps_.begin(), steps_.end(), view.step) == steps_.end()) return;
    for (const bool running : {false, true}) {
      replica_.copy(view.ws);
      replica_.forward(running ? Mode::evaluate : Mode::train, batch_.x, view.step);
      for (size_t i = 0; i < replica_.network().nodes().size(); ++i) {
        const auto& node = replica_.network().nodes()[i];
        look(view.step, node.name + "@output", running ? "running" : "batch", replica_.network().output_of(replica_.ws(), static_cast<int>(i), 64));
        look(view.step, node.name + "@input", running ? "running" : "batch", replica_.network().input_of(replica_.ws(), static_cast<int>(i), batch_.x));
      }
    }
  }
  std::map<std::string, double> values;

 private:
  void look(int64_t step, const std::string& layer, const std::string& mode, View<double> x) {
    double mean = 0, variance = 0, skewness = 0, dead = 0, w1 = 0, before = 0, moment = 0, alive = 0;
    auto& last = last_[layer + mode];
    std::vector<std::vector<double>> units;
    for (Index c = 0; c < x.c(); ++c) {
      std::vector<double> unit;
      for (Index r = 0; r < x.rows(); ++r) unit.push_back(x.at(r, c));
      std::sort(unit.begin(), unit.end());
      const auto [m, v] = moments(unit);
      double third = 0;
      for (const double value : unit) third += std::pow(value - m, 3) / 64;
      mean += m / static_cast<double>(x.c()), variance += v / static_cast<double>(x.c());
      skewness += (v > 0 ? third / std::pow(v, 1.5) : 0) / static_cast<double>(x.c());
      dead += (v == 0) / static_cast<double>(x.c());
      if (!last.empty()) {
        const auto& then = last[static_cast<size_t>(c)];
        const auto [m0, v0] = moments(then);
        for (size_t k = 0; k < 64; ++k) w1 += std::abs(unit[k] - then[k]) / 64 / static_cast<double>(x.c());
        before += v0 / static_cast<double>(x.c());
        if (v > 0 && v0 > 0) moment += std::abs(m - m0) / std::sqrt(v0), alive += 1;
      }
      units.push_back(unit);
    }
    const std::string key = std::to_string(step) + layer + mode;
    values[key + "mean"] = mean, values[key + "variance"] = variance, values[key + "skewness"] = skewness, values[key + "dead_share"] = dead;
    const double at = 0.85 * 63;
    values[key + "p85"] = units[0][static_cast<size_t>(at)] + (at - std::floor(at)) * (units[0][static_cast<size_t>(at) + 1] - units[0][static_cast<size_t>(at)]);
    if (!last.empty()) values[key + "w1"] = w1, values[key + "w1_std"] = w1 / std::sqrt(before), values[key + "moment_shift"] = moment / alive;
    last = units;
  }
  static std::pair<double, double> moments(const std::vector<double>& v) {
    double m = 0, s = 0;
    for (const double x : v) m += x / static_cast<double>(v.size());
    for (const double x : v) s += (x - m) * (x - m) / static_cast<double>(v.size());
    return {m, s};
  }
  Watched& w_;
  std::vector<int64_t> steps_;
  Replica<double> replica_;
  Batches<double> batches_;
  Batch<double> batch_;
  std::map<std::string, std::vector<std::vector<double>>> last_;
};

}  // namespace

TEST_CASE("distribution equals a slow twin", "[probe]") {
  Watched fast(R"({"distribution": {"every": 5, "samples": 64}})"), slow("{}");
  const auto rows = fast.run("distribution");
  Oracle oracle(slow, {0, 5, 10, 12});
  slow.trainer.run(oracle, slow.never);
  int compared = 0;
  for (const auto& row : rows) {
    const auto at = oracle.values.find(std::to_string(row.step) + row.layer + row.mode + row.metric);
    if (at == oracle.values.end()) continue;
    INFO(row.step << " " << row.layer << " " << row.metric << " " << row.mode);
    REQUIRE(row.value == Approx(at->second).epsilon(1e-6).margin(1e-9));
    ++compared;
  }
  // 4 norm sides, 4 activation sides, the logits; 2 modes; 5 metrics in the first look and 8 in the 3 others
  REQUIRE(compared == 9 * 2 * (5 + 3 * 8));
}

TEST_CASE("distribution: a histogram holds every value, and its moments are those of the values within a bin", "[probe]") {
  Watched watched(R"({"distribution": {"every": 12, "samples": 64, "histogram": 50}})");
  struct Bins {
    std::vector<double> at, density;
    double mean = 0, variance = 0;
  };
  std::map<std::string, Bins> sites;
  for (const auto& row : watched.run("distribution")) {
    Bins& bins = sites[std::to_string(row.step) + row.layer + row.mode];
    if (row.metric == "density") bins.at.push_back(row.at), bins.density.push_back(row.value);
    if (row.metric == "mean") bins.mean = row.value;
    if (row.metric == "variance") bins.variance = row.value;
  }
  REQUIRE(sites.size() == 2 * 2 * 9);
  for (const auto& [site, bins] : sites) {
    INFO(site);
    REQUIRE(bins.at.size() == 50);
    const double width = bins.at[1] - bins.at[0];
    double share = 0, mean = 0, square = 0;
    for (size_t k = 0; k < 50; ++k) {
      share += bins.density[k] * width, mean += bins.density[k] * width * bins.at[k];
      square += bins.density[k] * width * bins.at[k] * bins.at[k];
    }
    CHECK(share == Approx(1).margin(1e-9));
    CHECK(std::abs(mean - bins.mean) <= width / 2);
    CHECK(square - mean * mean >= bins.variance - width * std::sqrt(bins.variance));  // of all units together: theirs, and of their means
    CHECK(bins.density.front() > 0);
    CHECK(bins.density.back() > 0);
  }
  Watched dead(R"({"distribution": {"every": 4, "samples": 64, "histogram": 8}})", "identity", R"("name": "residual_mlp", "blocks": 2, "width": 6, "scaling": "fixup")");
  int reasons = 0;
  for (const auto& row : dead.run("distribution")) reasons += row.note == "all values are the same";
  CHECK(reasons > 0);
}

TEST_CASE("cadences: every n, log-spaced, lists, first and last always", "[probe]") {
  auto steps = [](const std::string& json, int64_t last) {
    Cadence cadence;
    read_fields(Document::parse(json, "test"), [&](Fields& f) { cadence.describe(f); });
    std::vector<int64_t> out;
    for (int64_t s = 0; s <= last; ++s) {
      if (cadence.due(s, last)) out.push_back(s);
    }
    return out;
  };
  using Steps = std::vector<int64_t>;
  CHECK(steps(R"({"every": 4})", 10) == Steps{0, 4, 8, 10});
  CHECK(steps(R"({"every": 0, "at": [3, 7]})", 10) == Steps{0, 3, 7, 10});
  CHECK(steps(R"({"every": 0, "log_spaced": 1})", 2000) == Steps{0, 1, 10, 100, 1000, 2000});
  CHECK(steps(R"({"every": 0, "log_spaced": 3})", 30) == Steps{0, 1, 2, 5, 10, 22, 30});
  CHECK(steps(R"({"every": 0})", 5) == Steps{0, 5});
}

TEST_CASE("distribution: what a scaling puts between a weight layer and its activation makes no new place to look at", "[probe][scaling]") {
  auto layers = [](const std::string& scaling) {
    Watched watched(R"({"distribution": {"every": 100, "samples": 32}})", "identity", R"("name": "residual_mlp", "blocks": 2, "width": 6, "scaling": ")" + scaling + "\"");
    std::vector<std::string> out;
    for (const ReadRow& row : watched.run("distribution")) {
      if (std::find(out.begin(), out.end(), row.layer) == out.end()) out.push_back(row.layer);
    }
    return out;
  };
  REQUIRE(layers("fixup") == layers("none"));
}

TEST_CASE("distribution: where no unit varies there is a reason, and moments have the precision of the run", "[probe]") {
  Watched dead(R"({"distribution": {"every": 4, "samples": 64}})", "identity", R"("name": "residual_mlp", "blocks": 2, "width": 6, "scaling": "fixup")");
  int reasons = 0;
  for (const auto& row : dead.run("distribution")) {
    INFO(text(row));
    REQUIRE(std::isfinite(row.value) == row.note.empty());
    reasons += row.note == "no unit varied at both looks";
  }
  CHECK(reasons > 0);  // branches that end in weights of 0
  Watched exact(R"({"distribution": {"every": 4, "samples": 64}})");
  for (const auto& row : exact.run("distribution")) {
    if (row.metric == "mean" && row.mode == "batch" && row.layer == "hidden1/before_activation@output" && row.step == 0) CHECK(std::abs(row.value) < 1e-14);
  }
}

TEST_CASE("noise shows in batch mode and is off in running mode", "[probe]") {
  Watched noisy(R"({"distribution": {"every": 1, "samples": 64}})", "noisy_batch_norm"), clean(R"({"distribution": {"every": 1, "samples": 64}})");
  auto typical = [](const std::vector<ReadRow>& rows, const std::string& mode) {
    double sum = 0;
    int count = 0;
    for (const auto& row : rows) {
      if (row.metric == "w1_std" && row.mode == mode && row.layer == "hidden1/before_activation@output") sum += row.value, ++count;
    }
    return sum / count;
  };
  const auto a = noisy.run("distribution"), b = clean.run("distribution");
  CHECK(typical(a, "batch") > 3 * typical(b, "batch"));
}
