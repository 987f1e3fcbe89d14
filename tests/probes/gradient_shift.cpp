// The shift of definition 2.1 against whole passes with parameters mixed by hand, and against what is known of it.
#include <catch2/catch.hpp>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

using Vector = std::vector<double>;

Vector copy(View<double> v) { return {v.data, v.data + v.size()}; }

// Parameters and state before each step, as an unwatched run of the same config makes them.
struct Walk : Observer<double> {
  std::vector<Vector> parameters, state;
  void at_state(const StateView<double>& view) override {
    parameters.push_back(copy(view.ws.parameters()));
    state.push_back(copy(view.ws.state()));
  }
};

// The slow twin: a network of its own, whole passes only.
struct Slow {
  Watched& run;
  Replica<double> replica;
  Walk walk;
  Slow(Watched& w, Index batch) : run(w), replica(w.config.model, w.data, batch, true, 0, w.pool, Keep::needed) { w.trainer.run(walk, w.never); }

  Vector gradient(const Vector& at, int64_t step, const std::string& mode, const Batch<double>& batch) {
    auto put = [&](const Vector& parameters) {
      std::copy(parameters.begin(), parameters.end(), replica.ws().parameters().data);
      std::copy(walk.state[static_cast<size_t>(step)].begin(), walk.state[static_cast<size_t>(step)].end(), replica.ws().state().data);
    };
    const Mode now = mode == "batch" ? Mode::train : mode == "frozen" ? Mode::frozen : Mode::evaluate;
    if (mode == "frozen") {
      put(walk.parameters[static_cast<size_t>(step)]);
      replica.forward(Mode::batch_statistics, batch.x, step);
    }
    put(at);
    const View<double> out = replica.forward(now, batch.x, step);
    run.trainer.loss()(out, batch, replica.network().top(replica.ws(), batch.n()));
    replica.backward(now, batch.x, step);
    return copy(replica.ws().gradients());
  }

  // Every entry of a parameter whose node stands before `node` is the next state's.
  Vector mixed(int64_t step, size_t node) const {
    Vector out = walk.parameters[static_cast<size_t>(step)];
    for (const auto& entry : replica.network().plan().parameters) {
      for (size_t before = 0; before < node; ++before) {
        if (entry.name.rfind(replica.network().nodes()[before].name + "/", 0) != 0) continue;
        for (Index i = 0; i < entry.slot.shape.size(); ++i) out[static_cast<size_t>(entry.slot.offset + i)] = walk.parameters[static_cast<size_t>(step + 1)][static_cast<size_t>(entry.slot.offset + i)];
      }
    }
    return out;
  }

  // "layer metric" -> value
  std::map<std::string, double> measure(int64_t step, const std::string& mode, const std::vector<Batch<double>>& batches) {
    std::map<std::string, double> out;
    for (size_t i = 0; i < replica.network().nodes().size(); ++i) {
      const auto& node = replica.network().nodes()[i];
      if (node.kind != NodeKind::weight) continue;
      Vector before, after;
      for (const auto& batch : batches) {
        const Vector a = gradient(walk.parameters[static_cast<size_t>(step)], step, mode, batch), b = gradient(mixed(step, i), step, mode, batch);
        before.resize(a.size()), after.resize(a.size());
        for (size_t k = 0; k < a.size(); ++k) before[k] += a[k] / static_cast<double>(batches.size()), after[k] += b[k] / static_cast<double>(batches.size());
      }
      double g = 0, h = 0, gh = 0, d = 0;
      for (const auto& entry : replica.network().plan().parameters) {
        if (entry.name != node.name + "/weight") continue;
        for (Index k = entry.slot.offset; k < entry.slot.offset + entry.slot.shape.size(); ++k) {
          const double x = before[static_cast<size_t>(k)], y = after[static_cast<size_t>(k)];
          g += x * x, h += y * y, gh += x * y, d += (x - y) * (x - y);
        }
      }
      out[node.name + " gradient_norm"] = std::sqrt(g), out[node.name + " l2"] = std::sqrt(d);
      out[node.name + " relative_l2"] = std::sqrt(d / g), out[node.name + " cosine"] = gh / std::sqrt(g * h);
    }
    return out;
  }
};

const std::string mixture = R"({"name": "gaussian_mixture", "features": 12, "classes": 3, "samples": 300})";
const std::string training = R"({"steps": 12, "batch_size": 20, "learning_rate": 0.1, "momentum": 0.5})";

void compare(const std::string& options, const std::string& norm, const std::string& net, const std::string& data, const std::string& train,
             Index batch_size, const std::function<std::vector<Batch<double>>(Watched&, int64_t)>& batches) {
  Watched fast(R"({"gradient_shift": {"every": 4, "bn_modes": ["batch", "frozen", "running"])" + options + "}}", norm, net, train, data), other("{}", norm, net, train, data);
  const auto rows = fast.run("gradient_shift");
  Slow slow(other, batch_size);
  size_t compared = 0, asked = 0;
  double largest = 0;
  for (const int64_t step : {0, 4, 8}) {
    for (const std::string mode : {"batch", "frozen", "running"}) {
      auto expected = slow.measure(step, mode, batches(other, step));
      asked += expected.size();
      for (const ReadRow& row : rows) {
        if (row.step != step || row.mode != mode) continue;
        INFO(text(row) << " " << norm << " " << net);
        REQUIRE(expected.count(row.layer + " " + row.metric) == 1);
        const double value = expected[row.layer + " " + row.metric];
        REQUIRE(std::isnan(value) == (row.note == "a gradient is 0"));  // a branch of skip_init lets nothing back at first
        if (!std::isnan(value)) REQUIRE(row.value == Approx(value).epsilon(1e-7).margin(1e-10));
        if (row.metric == "relative_l2") largest = std::max(largest, row.value);
        ++compared;
      }
    }
  }
  REQUIRE(compared == asked);
  REQUIRE(compared == rows.size());
  REQUIRE(largest > 0.01);
}

std::vector<Batch<double>> of_step(Watched& run, int64_t step) { return {run.trainer.batches().at(step)}; }

}  // namespace

TEST_CASE("gradient_shift equals whole passes with parameters mixed by hand", "[probe][gradient_shift]") {
  const auto net = GENERATE(as<std::string>(), R"("widths": [8, 7, 6], "activation": "relu", "placement": "before_activation", "dropout": 0.2)",
                            R"("widths": [8, 7], "activation": "tanh", "placement": "before_weight", "weights": "weight_norm")",
                            R"("name": "residual_mlp", "blocks": 3, "width": 6, "placement": "published", "scaling": "skip_init")",
                            R"("name": "deep_linear", "depth": 5, "width": 6, "placement": "before_activation")");
  for (const char* norm : {"batch_norm", "noisy_batch_norm", "batch_renorm", "layer_norm", "identity"}) compare("", norm, net, mixture, training, 20, of_step);
}

TEST_CASE("gradient_shift equals whole passes: convolutions, shortcuts with and without memory of their own", "[probe][gradient_shift]") {
  const std::string images = R"({"name": "textures", "size": 8, "classes": 3, "samples": 60})", train = R"({"steps": 12, "batch_size": 10, "learning_rate": 0.1})";
  for (const char* net : {R"("name": "plain_cnn", "depth": 8, "width": 2, "placement": "before_activation")", R"("name": "resnet_cifar", "depth": 8, "width": 2, "placement": "published")",
                          R"("name": "wide_resnet", "depth": 10, "k": 2, "width": 2, "placement": "published")"}) {
    compare("", "batch_norm", net, images, train, 10, of_step);
  }
}

TEST_CASE("gradient_shift on a fixed batch and on all training samples", "[probe][gradient_shift]") {
  const std::string net = R"("widths": [8, 7], "activation": "relu", "placement": "before_activation")";
  compare(R"(, "source": "probe", "samples": 64)", "batch_norm", net, mixture, training, 64, [](Watched& run, int64_t) {
    static std::unique_ptr<Batches<double>> batches;
    batches = std::make_unique<Batches<double>>(run.data, run.data.train, 1, 0);
    return std::vector{batches->sample(Stream(0, "probe/gradient_shift"), 64)};
  });
  compare(R"(, "source": "full", "samples": 60)", "batch_norm", net, mixture, training, 20, [](Watched& run, int64_t) {
    static std::vector<std::unique_ptr<Batches<double>>> batches;  // one for each, as a batch lives until the next is asked for
    std::vector<Batch<double>> out;
    batches.clear();
    for (int64_t k = 0; k < 3; ++k) {
      batches.push_back(std::make_unique<Batches<double>>(run.data, run.data.train, 20, 0));
      out.push_back(batches.back()->at(k));
    }
    return out;
  });
}

TEST_CASE("gradient_shift is 0 where nothing precedes, and everywhere at learning rate 0", "[probe][gradient_shift]") {
  Watched moving(R"({"gradient_shift": {"every": 1}})"), still(R"({"gradient_shift": {"every": 1}})", "noisy_batch_norm", R"("widths": [6, 5], "activation": "relu", "placement": "before_activation", "dropout": 0.1)",
                                                              R"({"steps": 5, "batch_size": 20, "learning_rate": 0})");
  int first = 0, later = 0;
  for (const ReadRow& row : moving.run("gradient_shift")) {
    INFO(text(row));
    const bool unmoved = row.layer == "hidden1/linear";
    if (row.metric == "l2") CHECK((row.value == 0) == unmoved);
    if (row.metric == "cosine" && unmoved) CHECK(row.value == 1);
    (unmoved ? first : later) += 1;
  }
  CHECK(first == 12 * 4);
  CHECK(later == 12 * 2 * 4);
  for (const ReadRow& row : still.run("gradient_shift")) {
    INFO(text(row));
    if (row.metric == "l2" || row.metric == "relative_l2") CHECK(row.value == 0);
    if (row.metric == "cosine") CHECK(row.value == 1);
    if (row.metric == "gradient_norm") CHECK(row.value > 0);
  }
}

// y = W2 W1 x, L = (1/n) sum |y - t|^2, onehot t:  G2 = (2/n) sum (y - t) (W1 x)^T, and G2' has W1 - rate G1 in W1's place.
TEST_CASE("gradient_shift of two linear layers is what the formula says", "[probe][gradient_shift]") {
  const double rate = 0.2;
  const std::string train = R"({"steps": 1, "batch_size": 20, "learning_rate": 0.2, "loss": {"name": "mean_squared_error", "reduction": "sum_over_outputs"}})";
  Watched run(R"({"gradient_shift": {}})", "identity", R"("name": "deep_linear", "depth": 2, "width": 4)", train);
  const Index in = 12, mid = 4, out = 3, n = 20;
  const Vector w = copy(run.trainer.workspace().parameters());
  const auto& entries = run.trainer.network().plan().parameters;
  REQUIRE(entries.size() == 2);
  const double *w1 = w.data() + entries[0].slot.offset, *w2 = w.data() + entries[1].slot.offset;
  const Batch<double> batch = run.trainer.batches().at(0);
  auto second = [&](const double* first, std::vector<double>* g1) {
    Vector g2(static_cast<size_t>(out * mid), 0);
    for (Index s = 0; s < n; ++s) {
      double h[mid] = {}, e[out];
      for (Index j = 0; j < mid; ++j) {
        for (Index i = 0; i < in; ++i) h[j] += first[j * in + i] * batch.x.at(s, i);
      }
      for (Index o = 0; o < out; ++o) {
        e[o] = batch.labels[s] == o ? -1 : 0;
        for (Index j = 0; j < mid; ++j) e[o] += w2[o * mid + j] * h[j];
        for (Index j = 0; j < mid; ++j) g2[static_cast<size_t>(o * mid + j)] += 2.0 / static_cast<double>(n) * e[o] * h[j];
        for (Index j = 0; g1 && j < mid; ++j) {
          for (Index i = 0; i < in; ++i) (*g1)[static_cast<size_t>(j * in + i)] += 2.0 / static_cast<double>(n) * w2[o * mid + j] * e[o] * batch.x.at(s, i);
        }
      }
    }
    return g2;
  };
  Vector g1(static_cast<size_t>(mid * in), 0), moved(w1, w1 + mid * in);
  const Vector g = second(w1, &g1);
  for (size_t k = 0; k < moved.size(); ++k) moved[k] -= rate * g1[k];
  const Vector h = second(moved.data(), nullptr);
  double gg = 0, hh = 0, gh = 0, d = 0;
  for (size_t k = 0; k < g.size(); ++k) gg += g[k] * g[k], hh += h[k] * h[k], gh += g[k] * h[k], d += (g[k] - h[k]) * (g[k] - h[k]);
  REQUIRE(d > 0);
  int seen = 0;
  for (const ReadRow& row : run.run("gradient_shift")) {
    if (row.layer != run.trainer.network().nodes().back().name) continue;
    if (row.metric == "gradient_norm") CHECK(row.value == Approx(std::sqrt(gg)).epsilon(1e-10));
    if (row.metric == "l2") CHECK(row.value == Approx(std::sqrt(d)).epsilon(1e-10));
    if (row.metric == "relative_l2") CHECK(row.value == Approx(std::sqrt(d / gg)).epsilon(1e-10));
    if (row.metric == "cosine") CHECK(row.value == Approx(gh / std::sqrt(gg * hh)).epsilon(1e-10));
    ++seen;
  }
  REQUIRE(seen == 4);
}

TEST_CASE("gradient_shift: layers are chosen by number, and one too many is said so", "[probe][gradient_shift]") {
  const std::string net = R"("widths": [6, 5, 4], "activation": "relu", "placement": "before_activation")";
  Watched all(R"({"gradient_shift": {}})", "batch_norm", net), some(R"({"gradient_shift": {"layers": [4, 2]}})", "batch_norm", net);
  const auto every = all.run("gradient_shift"), chosen = some.run("gradient_shift");
  std::vector<ReadRow> expected;
  for (const ReadRow& row : every) {
    if (row.layer == "hidden2/linear" || row.layer == all.trainer.network().nodes().back().name) expected.push_back(row);
  }
  REQUIRE(chosen.size() == expected.size());
  for (size_t i = 0; i < chosen.size(); ++i) REQUIRE(text(chosen[i]) == text(expected[i]));
  Watched beyond(R"({"gradient_shift": {"layers": [5]}})", "batch_norm", net);
  REQUIRE_THROWS_WITH(beyond.run("gradient_shift"), Catch::Contains("probes.gradient_shift.layers") && Catch::Contains("beyond the last weight layer, 4"));
}

TEST_CASE("gradient_shift of k equal layers costs one pass and about half of k", "[probe][gradient_shift]") {
  Watched run(R"({"gradient_shift": {}})", "identity", R"("name": "deep_linear", "depth": 20, "width": 12)", R"({"steps": 1, "batch_size": 20, "learning_rate": 0.1})");
  Suite<double> suite(run.config.probes, {run.config.model, run.config.train, run.data, run.trainer.loss(), 0, run.pool}, "");
  run.trainer.run(suite, run.never);
  const Json cost = suite.costs();
  // forward from the layer before, backward from the last one down: sum of (k - i + 1) / k over i = 2 .. k, and one more
  CHECK(cost["gradient_shift"]["forwards"].get<int>() == Approx(1 + 10.4).margin(1));
  CHECK(cost["gradient_shift"]["backwards"].get<int>() == Approx(1 + 9.4).margin(1));
}
