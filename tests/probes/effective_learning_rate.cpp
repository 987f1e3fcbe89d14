// What a step does to directions of weights: plain loops, identities of scale-invariant weights, and laws of equilibrium.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

using Vector = std::vector<double>;

// The probe by hand: rows of the last look, "layer metric" -> value.
struct ByHand : Records {
  std::unique_ptr<Probe<double>> probe = make_as<Probe<double>>(probes<double>(), {"effective_learning_rate", "{}"});
  std::map<std::string, double> rows;
  std::map<std::string, std::string> notes;
  void row(const Row& r) override {
    const std::string key = std::string(r.layer) + " " + std::string(r.metric);
    r.note.empty() ? (rows[key] = r.value, void()) : (notes[key] = r.note, void());
  }
  // update: the step itself, at this rate
  template <class Update>
  void look(Trainer<double>& trainer, double rate, const Update& update) {
    const GradientView<double> view{0, 0, 0, rate, trainer.workspace(), {}, 0};
    rows.clear(), notes.clear();
    probe->after_backward(view, *this);
    update();
    probe->after_update(view, *this);
  }
};

// batch_norm without epsilon: what comes before it is scale-invariant exactly.
const std::string exact = R"({"name": "batch_norm", "epsilon": 0})";
const std::string tanh_net = R"("widths": [6, 5], "activation": "tanh", "placement": "before_activation")";

double value(const std::vector<ReadRow>& rows, int64_t step, const std::string& layer, const std::string& metric) {
  for (const ReadRow& row : rows) {
    if (row.step == step && row.layer == layer && row.metric == metric) return row.value;
  }
  FAIL(layer << " " << metric);
  return 0;
}

double length(const Vector& v) {
  double sum = 0;
  for (const double x : v) sum += x * x;
  return std::sqrt(sum);
}

}  // namespace

TEST_CASE("effective_learning_rate equals plain loops, groups and momentum included", "[probe][effective_learning_rate]") {
  const std::string train = R"({"steps": 3, "batch_size": 20, "learning_rate": 0.2, "momentum": 0.8, "weight_decay": 0.01, "schedule": {"name": "exponential", "rate": 0.5},
                                "groups": [{"match": "hidden1/*", "learning_rate": 3, "weight_decay": 0.5}, {"match": "hidden2/*", "weight_decay": 0}]})";
  Watched fast(R"({"effective_learning_rate": {"every": 1}})", "batch_norm", tanh_net, train), slow("{}", "batch_norm", tanh_net, train);
  struct Walk : Observer<double> {
    std::vector<std::map<std::string, Vector>> weights, gradients;
    static std::map<std::string, Vector> all(const Workspace<double>& ws, bool gradient) {
      std::map<std::string, Vector> out;
      for (const auto& entry : ws.plan().parameters) {
        const double* from = gradient ? ws.gradient(entry.slot) : ws[entry.slot].data;
        out[entry.name] = {from, from + entry.slot.shape.size()};
      }
      return out;
    }
    void at_state(const StateView<double>& view) override { weights.push_back(all(view.ws, false)); }
    void after_backward(const GradientView<double>& view) override { gradients.push_back(all(view.ws, true)); }
  } walk;
  const auto rows = fast.run("effective_learning_rate");
  slow.trainer.run(walk, slow.never);
  for (size_t t = 0; t < 3; ++t) {
    double least = 1e300, most = 0;
    for (const std::string layer : {"hidden1/linear", "hidden2/linear", "output/linear"}) {
      const Vector &w = walk.weights[t].at(layer + "/weight"), &next = walk.weights[t + 1].at(layer + "/weight"), &g = walk.gradients[t].at(layer + "/weight");
      Vector moved = next;
      double along = 0, inner = 0;
      for (size_t i = 0; i < w.size(); ++i) moved[i] -= w[i], along += w[i] * g[i], inner += w[i] * next[i];
      const double rate = 0.2 * std::pow(0.5, static_cast<double>(t)) * (layer == "hidden1/linear" ? 3 : 1);
      const double decay = layer == "hidden1/linear" ? 0.005 : layer == "hidden2/linear" ? 0 : 0.01;
      auto is = [&](const char* metric, double expected) {
        INFO(t << " " << layer << " " << metric);
        CHECK(value(rows, static_cast<int64_t>(t), layer, metric) == Approx(expected).epsilon(1e-8).margin(1e-14));
      };
      is("weight_norm", length(w));
      is("gradient_norm", length(g));
      is("gradient_along_weight", along / length(w) / length(g));
      is("effective_learning_rate", rate / length(w) / length(w));
      is("relative_update", length(moved) / length(w));
      is("angular_update", std::acos(inner / length(w) / length(next)));
      if (decay > 0) is("angular_equilibrium", std::sqrt(2 * rate * decay / 1.8));
      least = std::min(least, length(moved) / length(w)), most = std::max(most, length(moved) / length(w));
    }
    CHECK(value(rows, static_cast<int64_t>(t), "", "spread") == Approx(most / least).epsilon(1e-8));
  }
  for (const ReadRow& row : rows) {
    if (row.metric == "angular_equilibrium") CHECK(row.note.empty() == (row.layer != "hidden2/linear"));
  }
}

TEST_CASE("effective_learning_rate: angles far below the root of the rounding error are right", "[probe][effective_learning_rate]") {
  Watched run("{}");
  ByHand look;
  look.probe->start({run.config.model, run.config.train, run.data, run.trainer.loss(), 0, run.pool});
  Workspace<double>& ws = run.trainer.workspace();
  const auto& slot = ws.plan().parameters.front().slot;
  std::fill_n(ws[slot].data, slot.shape.size(), 0.0);
  ws[slot][0] = 3;
  look.look(run.trainer, 0.1, [&] { ws[slot][1] = 3e-11; });
  CHECK(look.rows["hidden1/linear angular_update"] == Approx(1e-11).epsilon(1e-9));
  look.look(run.trainer, 0.1, [&] { ws[slot][0] = -3, ws[slot][1] = -3e-11; });
  CHECK(look.rows["hidden1/linear angular_update"] == Approx(3.14159265358979).epsilon(1e-12));
  look.look(run.trainer, 0.1, [] {});
  CHECK(look.rows["hidden1/linear angular_update"] == 0);
  CHECK(look.notes[" spread"] == "a layer did not move");
  look.look(run.trainer, 0.1, [&] { std::fill_n(ws[slot].data, slot.shape.size(), 0.0); });
  CHECK(look.notes["hidden1/linear angular_update"] == "the weights are 0");
  CHECK(look.rows["hidden1/linear relative_update"] == Approx(1));
}

TEST_CASE("effective_learning_rate: scale-invariant weights have no gradient along them, and 1/3 of it at three times the size", "[probe][effective_learning_rate]") {
  const std::string options = R"({"effective_learning_rate": {}})", once = R"({"steps": 1, "batch_size": 20})";
  Watched small(options, exact, tanh_net, once), large(options, exact, tanh_net, once);
  for (const auto& entry : large.trainer.network().plan().parameters) {
    if (entry.role != Role::weight || entry.name.rfind("hidden", 0) != 0) continue;
    for (Index i = 0; i < entry.slot.shape.size(); ++i) large.trainer.workspace()[entry.slot][i] *= 3;
  }
  const auto a = small.run("effective_learning_rate"), b = large.run("effective_learning_rate");
  for (const std::string layer : {"hidden1/linear", "hidden2/linear"}) {
    CHECK(std::abs(value(a, 0, layer, "gradient_along_weight")) < 1e-13);
    CHECK(value(b, 0, layer, "gradient_norm") == Approx(value(a, 0, layer, "gradient_norm") / 3).epsilon(1e-12));
    CHECK(value(b, 0, layer, "effective_learning_rate") == Approx(value(a, 0, layer, "effective_learning_rate") / 9).epsilon(1e-12));
    CHECK(value(b, 0, layer, "angular_update") == Approx(value(a, 0, layer, "angular_update") / 9).epsilon(0.02));
  }
  CHECK(std::abs(value(a, 0, "output/linear", "gradient_along_weight")) > 1e-3);
  CHECK(value(b, 0, "output/linear", "gradient_norm") == Approx(value(a, 0, "output/linear", "gradient_norm")).epsilon(1e-12));
}

// Gradients of a scale-invariant loss that is all noise: orthogonal to W, as long as 1 / ||W||.
TEST_CASE("effective_learning_rate: the angle of a random walk settles at its equilibrium", "[probe][effective_learning_rate]") {
  const auto [momentum, nesterov] = GENERATE(table<double, bool>({{0.0, false}, {0.5, false}, {0.9, false}, {0.5, true}, {0.9, true}}));
  const std::string train = R"({"steps": 1, "batch_size": 20, "learning_rate": 0.1, "weight_decay": 0.005, "momentum": )" + std::to_string(momentum) + (nesterov ? R"(, "nesterov": true})" : "}");
  Watched run("{}", "batch_norm", R"("widths": [30, 30], "activation": "tanh", "placement": "before_activation")", train,
              R"({"name": "gaussian_mixture", "features": 30, "classes": 10, "samples": 100})");
  Workspace<double>& ws = run.trainer.workspace();
  Optimizer<double> optimizer(run.config.train, ws.plan());
  ByHand look;
  look.probe->start({run.config.model, run.config.train, run.data, run.trainer.loss(), 0, run.pool});
  const auto& slot = ws.plan().parameters.front().slot;
  const auto n = static_cast<size_t>(slot.shape.size());
  const double settled = std::pow(0.1 / (2 * 0.005 * (1 - momentum)), 0.25);  // ||W||^4 = eta / (2 lambda (1 - alpha))
  Vector noise(n);
  double* w = ws[slot].data;
  for (double scale = settled / length({w, w + n}), *x = w; x < w + n; ++x) *x *= scale;
  std::fill_n(ws.gradients().data, ws.gradients().size(), 0.0);
  double angle = 0;
  const int steps = 3000, first = 1000;
  for (int t = 0; t < steps; ++t) {
    Stream(1, "walk").fill_normal(static_cast<uint64_t>(t), noise.data(), n);
    double along = 0, size = 0;
    for (size_t i = 0; i < n; ++i) along += noise[i] * w[i], size += w[i] * w[i];
    for (size_t i = 0; i < n; ++i) noise[i] -= along / size * w[i];
    const double scale = 1 / std::sqrt(size) / length(noise);
    for (size_t i = 0; i < n; ++i) ws.gradient(slot)[i] = scale * noise[i];
    look.look(run.trainer, 0.1, [&] { optimizer.step(run.pool, ws, 0.1); });
    if (t >= first) angle += look.rows["hidden1/linear angular_update"] / (steps - first);
  }
  INFO(momentum << " " << nesterov << ": " << angle << " measured, " << look.rows["hidden1/linear angular_equilibrium"] << " expected");
  CHECK(angle == Approx(look.rows["hidden1/linear angular_equilibrium"]).epsilon(0.01));
}

// Gradients of a real net are noise enough where classes overlap.
TEST_CASE("effective_learning_rate: a network with batch norm turns by the law's angle", "[probe][effective_learning_rate]") {
  const std::string train = R"({"steps": 3000, "batch_size": 16, "learning_rate": 0.1, "weight_decay": 0.005, "momentum": 0.9, "decay_norms_and_biases": false})";
  Watched run(R"({"effective_learning_rate": {"every": 10}})", "batch_norm", R"("widths": [32, 32], "activation": "relu", "placement": "before_activation")", train,
              R"({"name": "gaussian_mixture", "features": 30, "classes": 10, "samples": 5000, "separation": 0.3})");
  std::map<std::string, double> angle, law;
  int looks = 0;
  for (const ReadRow& row : run.run("effective_learning_rate")) {
    if (row.step < 1500) continue;
    looks += row.layer == "hidden1/linear" && row.metric == "angular_update";
    if (row.metric == "angular_update") angle[row.layer] += row.value;
    if (row.metric == "angular_equilibrium") law[row.layer] += row.value;
  }
  REQUIRE(looks == 150);
  for (const std::string layer : {"hidden1/linear", "hidden2/linear"}) {
    INFO(layer << ": " << angle[layer] / looks << " measured, " << law[layer] / looks << " expected");
    CHECK(angle[layer] == Approx(law[layer]).epsilon(0.05));
  }
  CHECK(angle["output/linear"] != Approx(law["output/linear"]).epsilon(0.2));  // not scale-invariant: no law for it
}

// Li & Arora 2020: with weight decay lambda at a fixed rate, scale-invariant W(t) = (1 - eta lambda)^t U(t), where U has no
// decay and the rates eta (1 - eta lambda)^-(2t+1). What is not scale-invariant keeps its rate and has no decay in both.
TEST_CASE("weight decay is an exponentially growing learning rate, for scale-invariant weights", "[train][effective_learning_rate]") {
  const double eta = 0.1, lambda = 0.05, shrink = 1 - eta * lambda;
  const std::string train = R"({"steps": 1, "batch_size": 20, "learning_rate": 0.1, "weight_decay": )";
  const std::string rest = R"("groups": [{"match": "hidden*/weight"}, {"match": "*", "weight_decay": 0}]})";
  Watched decays("{}", exact, tanh_net, train + "0.05, " + rest), grows("{}", exact, tanh_net, train + "0, " + rest);
  Optimizer<double> decay(decays.config.train, decays.trainer.network().plan());
  // two rates in one step: what is scale-invariant, and the rest
  TrainConfig invariant = grows.config.train, other = invariant;
  invariant.groups[1].learning_rate = 0, other.groups[0].learning_rate = 0;
  Optimizer<double> fast(invariant, grows.trainer.network().plan()), still(other, grows.trainer.network().plan());
  ByHand a, b;
  a.probe->start({decays.config.model, decays.config.train, decays.data, decays.trainer.loss(), 0, decays.pool});
  b.probe->start({grows.config.model, grows.config.train, grows.data, grows.trainer.loss(), 0, grows.pool});
  const int steps = 300;
  for (int t = 0; t < steps; ++t) {
    const double rate = eta * std::pow(shrink, -(2 * t + 1));
    const double here = decays.trainer.gradients(decays.trainer.batches().at(t)), there = grows.trainer.gradients(grows.trainer.batches().at(t));
    REQUIRE(here == Approx(there).epsilon(1e-11));
    a.look(decays.trainer, eta, [&] { decay.step(decays.pool, decays.trainer.workspace(), eta); });
    b.look(grows.trainer, rate, [&] {
      fast.step(grows.pool, grows.trainer.workspace(), rate);
      still.step(grows.pool, grows.trainer.workspace(), eta);
    });
    for (const std::string layer : {"hidden1/linear", "hidden2/linear"}) {
      INFO(t << " " << layer);
      REQUIRE(a.rows[layer + " angular_update"] == Approx(b.rows[layer + " angular_update"]).epsilon(1e-9));
      REQUIRE(b.rows[layer + " effective_learning_rate"] == Approx(a.rows[layer + " effective_learning_rate"] / shrink).epsilon(1e-10));
    }
  }
  double worst = 0;
  for (const auto& entry : decays.trainer.network().plan().parameters) {
    const double *u = decays.trainer.workspace()[entry.slot].data, *v = grows.trainer.workspace()[entry.slot].data;
    const auto n = static_cast<size_t>(entry.slot.shape.size());
    const double size_u = length({u, u + n}), size_v = length({v, v + n});
    for (size_t i = 0; i < n; ++i) worst = std::max(worst, std::abs(u[i] / size_u - v[i] / size_v));
    if (entry.name == "hidden1/linear/weight") CHECK(size_v / size_u == Approx(std::pow(shrink, -steps)).epsilon(1e-10));
  }
  INFO("directions differ by " << worst);
  CHECK(worst < 1e-12);
}
