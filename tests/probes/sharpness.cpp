// Curvature along gradients and steps against second differences of the loss in a run that knows nothing of the probe.
#include <catch2/catch.hpp>
#include <cmath>

#include "core/error.h"
#include "core/stats.h"
#include "probes/loss_oracle.h"
#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

using Values = Vector<double>;
const std::string net = R"("widths": [6, 5], "activation": "tanh", "placement": "before_activation")";
constexpr int64_t at_step = 4;

std::string training(const std::string& more) { return R"({"steps": 12, "batch_size": 20, "learning_rate": 0.3)" + more + "}"; }

// Sees the state before and after one step and its batch.
struct Twin : Observer<double> {
  Watched run;
  LossOracle<double> oracle;
  Values before, after;
  double rate = 0;
  explicit Twin(const std::string& more, const std::string& norm = "batch_norm")
      : run("{}", norm, net, training(more)), oracle(Surroundings<double>{run.config.model, run.config.train, run.data, run.trainer.loss(), 0, run.pool}, {}, Keep::all, "twin") {
    run.trainer.run(*this, run.never);
  }
  void at_state(const StateView<double>& view) override {
    if (view.step == at_step) oracle.move_to(view.ws, at_step), before = oracle.point();
    if (view.step == at_step + 1) oracle.parameters_of(view.ws, after);
  }
  void after_backward(const GradientView<double>& view) override {
    if (view.step == at_step) oracle.take(view.batch), rate = view.rate;
  }
  double along(Values v) {
    const double length = norm(v), d = 1e-4;
    Values up = before, down = before;
    for (size_t i = 0; i < v.size(); ++i) up[i] += d * v[i] / length, down[i] -= d * v[i] / length;
    return (oracle.loss(up) - 2 * oracle.loss(before) + oracle.loss(down)) / (d * d);
  }
};

struct Numbers {
  std::vector<ReadRow> rows;
  Numbers(const std::string& options, const std::string& more, const std::string& norm = "batch_norm") {
    Watched run(R"({"sharpness": {"every": 0, "at": [4])" + options + "}}", norm, net, training(more));
    rows = run.run("sharpness");
  }
  double operator()(const std::string& metric, const std::string& mode = "batch", int64_t step = at_step) const {
    for (const auto& row : rows) {
      if (row.step == step && row.metric == metric && row.mode == mode) return row.value;
    }
    FAIL("no row " << metric << " " << mode);
    return 0;
  }
};

}  // namespace

TEST_CASE("sharpness: along the gradient and the step, in every mode", "[probe][sharpness]") {
  for (const std::string more : {"", R"(, "momentum": 0.9, "weight_decay": 0.01, "schedule": {"name": "cosine"})"}) {
    Twin twin(more);
    const Numbers got(R"(, "bn_modes": ["batch", "frozen", "running"])", more);
    Values step = twin.after, g;
    for (size_t i = 0; i < step.size(); ++i) step[i] -= twin.before[i];
    for (const std::string mode : {"batch", "frozen", "running"}) {
      twin.oracle.use(mode);
      twin.oracle.gradient(twin.before, g);
      const double batch = twin.along(g), directional = twin.along(step);
      INFO(more << " " << mode);
      CHECK(got("batch_sharpness", mode) == Approx(batch).epsilon(1e-4).margin(1e-5));
      CHECK(got("directional_sharpness", mode) == Approx(directional).epsilon(1e-4).margin(1e-5));
      CHECK(got("eta_batch_sharpness", mode) == Approx(twin.rate * batch).epsilon(1e-4).margin(1e-5));
      CHECK(got("eta_directional_sharpness", mode) == Approx(twin.rate * directional).epsilon(1e-4).margin(1e-5));
    }
    const bool same = std::abs(got("batch_sharpness") - got("directional_sharpness")) <= 1e-6 * std::abs(got("batch_sharpness"));
    CHECK(same == more.empty());  // plain SGD goes along its gradient
  }
}

TEST_CASE("sharpness: the mean over mini-batches, the same for every order of modes", "[probe][sharpness]") {
  Twin twin("");
  std::vector<double> values;
  for (int64_t b = 0; b < 5; ++b) {
    Values g;
    twin.oracle.take(twin.run.trainer.batches().at(at_step + b));
    twin.oracle.use("batch");
    twin.oracle.gradient(twin.before, g);
    values.push_back(twin.along(g));
  }
  const double expected = mean(values);
  double squares = 0;
  for (const double v : values) squares += (v - expected) * (v - expected);
  for (const std::string modes : {R"(["batch", "frozen"])", R"(["frozen", "batch"])"}) {
    const Numbers got(R"(, "batches": 5, "bn_modes": )" + modes, "");
    CHECK(got("batch_sharpness") == Approx(expected).epsilon(1e-4));
    CHECK(got("batch_sharpness_standard_error") == Approx(std::sqrt(squares / 4 / 5)).epsilon(1e-4));
    CHECK(got("directional_sharpness") == Approx(values[0]).epsilon(1e-4));
  }
}

TEST_CASE("sharpness: reasons, and options that cannot meet", "[probe][sharpness]") {
  const Numbers stopped(R"(, "source": "probe")", "", "stop_gradient_batch_norm");
  REQUIRE(stopped.rows.size() == 4 * 3);  // at steps 0, 4 and 12
  for (const auto& row : stopped.rows) CHECK(!row.note.empty());
  const Numbers last(R"(, "source": "probe")", "");
  for (const auto& row : last.rows) {
    INFO(text(row));
    CHECK(row.note == (row.step == 12 && row.metric.find("directional") != std::string::npos ? "no step leaves the last state" : ""));
  }
  REQUIRE_THROWS_AS(Numbers(R"(, "source": "probe", "batches": 2)", ""), ConfigError);
}
