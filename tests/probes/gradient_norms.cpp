// Sizes and tails of gradients against plain loops and mean-field factors; the growth of the network's end.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

using Vector = std::vector<double>;

struct Collected : Records {
  std::map<std::string, double> rows;
  std::map<std::string, std::string> notes;
  void row(const Row& r) override {
    const std::string key = std::string(r.layer) + " " + std::string(r.metric);
    r.note.empty() ? (rows[key] = r.value, void()) : (notes[key] = r.note, void());
  }
};

struct ByHand : Collected {
  std::unique_ptr<Probe<double>> probe = make_as<Probe<double>>(probes<double>(), {"gradient_norms", R"({"parameters": "all"})"});
  void look(Watched& run) {
    rows.clear(), notes.clear();
    probe->after_backward({0, 0, 0, 0.1, run.trainer.workspace(), {}, 0}, *this);
  }
};

double rms(View<double> x) {
  double sum = 0;
  for (Index i = 0; i < x.size(); ++i) sum += x[i] * x[i];
  return std::sqrt(sum / static_cast<double>(x.size()));
}

// E f(z), z ~ N(0, variance), by a fine sum.
template <class F>
double expected(double variance, const F& f) {
  double sum = 0, weight = 0;
  for (double z = -10; z <= 10; z += 1e-3) sum += f(std::sqrt(variance) * z) * std::exp(-z * z / 2), weight += std::exp(-z * z / 2);
  return sum / weight;
}

// Mean of log l2 of a hidden layer's gradient over seeds, in a plain net of so many layers of 128 units.
std::map<std::string, double> log_l2(int depth, const std::string& activation, const std::string& init) {
  std::string widths = "128";
  for (int i = 1; i < depth; ++i) widths += ", 128";
  const int seeds = 24;
  std::map<std::string, double> out;
  Watched run(R"({"gradient_norms": {}})", "identity", R"("widths": [)" + widths + R"(], "activation": ")" + activation + R"(", "initializer": ")" + init + "\"",
              R"({"steps": 0, "batch_size": 1})", R"({"name": "gaussian_mixture", "features": 128, "classes": 10, "samples": 100})");
  for (int seed = 0; seed < seeds; ++seed) {
    run.trainer.network().initialize(run.trainer.workspace(), static_cast<uint64_t>(seed));
    const auto batch = run.trainer.batches().at(seed);  // one sample: no sum that could cancel
    run.trainer.gradients(batch);
    ByHand look;
    look.look(run);
    for (int i = 1; i <= depth; ++i) {
      const std::string layer = "hidden" + std::to_string(i);
      out[layer] += std::log(look.rows.at(layer + "/linear/weight l2")) / seeds;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("gradient_norms equals plain loops", "[probe][gradient_norms]") {
  Watched fast(R"({"gradient_norms": {"every": 4, "parameters": "all"}})"), slow("{}");
  struct Twin : Observer<double> {
    std::map<std::string, double> values;
    void after_backward(const GradientView<double>& view) override {
      std::map<std::string, double> sizes;
      for (const auto& entry : view.ws.plan().parameters) {
        const double* g = view.ws.gradient(entry.slot);
        const auto n = static_cast<double>(entry.slot.shape.size());
        Vector absolute;
        double sum = 0, square = 0, second = 0, fourth = 0, zeros = 0;
        for (Index i = 0; i < entry.slot.shape.size(); ++i) absolute.push_back(std::abs(g[i])), sum += g[i], square += g[i] * g[i], zeros += g[i] == 0;
        for (Index i = 0; i < entry.slot.shape.size(); ++i) second += std::pow(g[i] - sum / n, 2), fourth += std::pow(g[i] - sum / n, 4);
        std::sort(absolute.begin(), absolute.end());
        const size_t half = absolute.size() / 2;
        const double middle = absolute.size() % 2 ? absolute[half] : (absolute[half - 1] + absolute[half]) / 2;
        const std::string key = std::to_string(view.step) + entry.name;
        values[key + "l2"] = std::sqrt(square), values[key + "rms"] = std::sqrt(square / n), values[key + "max"] = absolute.back();
        values[key + "zero_share"] = zeros / n, values[key + "kurtosis"] = fourth / n / std::pow(second / n, 2), values[key + "max_over_median"] = absolute.back() / middle;
        sizes[entry.name] = std::sqrt(square / n);
      }
      values[std::to_string(view.step) + "log10_first_over_last"] = std::log10(sizes["hidden1/linear/weight"] / sizes["output/linear/weight"]);
    }
  } twin;
  const auto rows = fast.run("gradient_norms");
  slow.trainer.run(twin, slow.never);
  for (const ReadRow& row : rows) {
    INFO(text(row));
    REQUIRE(row.value == Approx(twin.values.at(std::to_string(row.step) + row.layer + row.metric)).epsilon(1e-9));
  }
  REQUIRE(rows.size() == 3 * (6 * fast.trainer.network().plan().parameters.size() + 1));
}

TEST_CASE("gradient_norms: what cannot be said has a reason, and tiny gradients keep their shape", "[probe][gradient_norms]") {
  Watched run("{}");
  ByHand look;
  Workspace<double>& ws = run.trainer.workspace();
  const auto& entry = ws.plan().parameters.front();
  const std::string name = entry.name;
  double* g = ws.gradient(entry.slot);
  const Index n = entry.slot.shape.size();
  auto fill = [&](const auto& at) {
    std::fill_n(ws.gradients().data, ws.gradients().size(), 1.0);
    for (Index i = 0; i < n; ++i) g[i] = at(i);
    look.look(run);
  };
  fill([](Index) { return 0.0; });
  CHECK(look.rows[name + " l2"] == 0);
  CHECK(look.rows[name + " zero_share"] == Approx(1));
  CHECK(look.notes[name + " kurtosis"] == "all entries are 0");
  CHECK(look.notes[name + " max_over_median"] == "all entries are 0");
  CHECK(look.notes[" log10_first_over_last"] != "");
  fill([](Index) { return 0.1; });
  CHECK(look.notes[name + " kurtosis"] == "all entries are equal");
  CHECK(look.rows[name + " max_over_median"] == Approx(1));
  CHECK(look.rows[" log10_first_over_last"] == Approx(-1));
  fill([](Index i) { return i == 0 ? 1.0 : 0.0; });
  CHECK(look.notes[name + " max_over_median"] == "more than half of the entries are 0");
  CHECK(look.rows[name + " kurtosis"] > 50);
  fill([](Index i) { return (i % 2 ? 1 : -1) * 1e-200; });
  CHECK(look.rows[name + " kurtosis"] == Approx(1));
  CHECK(look.rows[name + " rms"] == Approx(1e-200));
  fill([](Index i) { return i == 3 ? std::nan("") : 1.0; });
  CHECK(look.notes[name + " l2"] == "the gradient is not finite");
  CHECK(look.notes[name + " max"] == "the gradient is not finite");
  fill([n](Index i) { return Stream(1, "normal").normal(0, static_cast<uint64_t>(i)) * (i < n ? 1 : 0); });
  CHECK(look.rows[name + " kurtosis"] == Approx(3).margin(1.5));
}

// With ReLU and weights of variance s / fan_in, signals forth and back both go by sqrt(s / 2) a layer, so a weight's
// gradient, their product, is alike in all layers and goes by that with depth: He et al. 2015 take s = 2. A sigmoid net of
// s = 1 has constant signals, and back goes the root mean square slope, at the fixed point q = E sigmoid(sqrt(q) z)^2.
TEST_CASE("gradients of a deep plain net keep, or lose, what mean field says", "[probe][gradient_norms]") {
  auto sigmoid = [](double z) { return 1 / (1 + std::exp(-z)); };
  double q = 0.3;
  for (int i = 0; i < 100; ++i) q = expected(q, [&](double z) { return sigmoid(z) * sigmoid(z); });
  const double slope = std::sqrt(expected(q, [&](double z) { return std::pow(sigmoid(z) * (1 - sigmoid(z)), 2); }));
  auto he = log_l2(14, "relu", "he"), he_shallow = log_l2(6, "relu", "he"), lecun = log_l2(14, "relu", "lecun"), lecun_shallow = log_l2(6, "relu", "lecun"), sigmoids = log_l2(14, "sigmoid", "lecun");
  auto between = [](std::map<std::string, double>& net) { return std::exp((net.at("hidden4") - net.at("hidden12")) / 8); };
  auto with_depth = [](std::map<std::string, double>& deep, std::map<std::string, double>& shallow) { return std::exp((deep.at("hidden4") - shallow.at("hidden4")) / 8); };
  INFO("between layers: he " << between(he) << ", lecun " << between(lecun) << ", sigmoid " << between(sigmoids) << " against " << slope);
  INFO("with depth: he " << with_depth(he, he_shallow) << ", lecun " << with_depth(lecun, lecun_shallow));
  CHECK(between(he) == Approx(1).epsilon(0.05));
  CHECK(between(lecun) == Approx(1).epsilon(0.05));
  CHECK(with_depth(he, he_shallow) == Approx(1).epsilon(0.05));
  CHECK(with_depth(lecun, lecun_shallow) == Approx(std::sqrt(0.5)).epsilon(0.05));
  CHECK(between(sigmoids) == Approx(slope).epsilon(0.05));
}

TEST_CASE("output_growth equals plain loops on its batch, in both modes", "[probe][output_growth]") {
  Watched fast(R"({"output_growth": {"every": 6, "samples": 50}})", "noisy_batch_norm"), slow("{}", "noisy_batch_norm");
  struct Twin : Observer<double> {
    Watched& run;
    Replica<double> replica;
    Batches<double> batches;
    std::map<std::string, double> values;
    explicit Twin(Watched& w) : run(w), replica(w.config.model, w.data, 50, false, 0, w.pool, Keep::all), batches(w.data, w.data.train, 1, 0) {}
    void at_state(const StateView<double>& view) override {
      for (const std::string mode : {"batch", "running"}) {
        replica.copy(view.ws);
        const auto batch = batches.sample(Stream(0, "probe/output_growth"), 50);
        replica.forward(mode == "batch" ? Mode::train : Mode::evaluate, batch.x, view.step);
        for (size_t i = 0; i < replica.network().nodes().size(); ++i) {
          if (replica.network().nodes()[i].name == "hidden2/relu") values[std::to_string(view.step) + "output/linear@input" + mode] = rms(replica.network().output_of(replica.ws(), static_cast<int>(i), 50));
          if (replica.network().nodes()[i].name == "output/linear") values[std::to_string(view.step) + "output/linear" + mode] = rms(replica.network().output_of(replica.ws(), static_cast<int>(i), 50));
        }
      }
    }
  } twin(slow);
  const auto rows = fast.run("output_growth");
  slow.trainer.run(twin, slow.never);
  REQUIRE(rows.size() == 3 * 2 * 2);
  for (const ReadRow& row : rows) {
    INFO(text(row));
    REQUIRE(row.metric == (row.layer == "output/linear" ? "logit_rms" : "last_input_rms"));
    REQUIRE(row.value == Approx(twin.values.at(std::to_string(row.step) + row.layer + row.mode)).epsilon(1e-12));
  }
}

TEST_CASE("output_growth: three times the last layer is three times the logits, and what is too large is said", "[probe][output_growth]") {
  const std::string net = R"("name": "deep_linear", "depth": 3, "width": 5)", none = R"({"steps": 0, "batch_size": 20})";
  auto looked = [&](double first, double last) {
    Watched run(R"({"output_growth": {"bn_modes": ["batch"]}})", "identity", net, none);
    const auto& entries = run.trainer.network().plan().parameters;
    for (Index i = 0; i < entries.front().slot.shape.size(); ++i) run.trainer.workspace()[entries.front().slot][i] *= first;
    for (Index i = 0; i < entries.back().slot.shape.size(); ++i) run.trainer.workspace()[entries.back().slot][i] *= last;
    return run.run("output_growth");
  };
  const auto one = looked(1, 1), three = looked(1, 3), both = looked(2, 3), huge = looked(1e200, 1);
  CHECK(three[0].value == Approx(3 * one[0].value));
  CHECK(three[1].value == Approx(one[1].value));
  CHECK(both[0].value == Approx(6 * one[0].value));
  CHECK(both[1].value == Approx(2 * one[1].value));
  CHECK(huge[0].note == "not finite");
}
