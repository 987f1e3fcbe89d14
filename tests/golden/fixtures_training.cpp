// Losses and stochastic gradient descent against PyTorch.
#include <limits>

#include "golden/fixture.h"
#include "nn/catalogs.h"
#include "train/optimizer.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

struct LossCase {
  const char *fixture, *name, *options;
};

constexpr LossCase loss_cases[] = {
    {"cross_entropy", "softmax_cross_entropy", "{}"},
    {"cross_entropy_smoothed", "softmax_cross_entropy", R"({"label_smoothing": 0.1})"},
    {"cross_entropy_far", "softmax_cross_entropy", "{}"},
    {"mse_mean", "mean_squared_error", R"({"reduction": "mean"})"},
    {"mse_sum", "mean_squared_error", R"({"reduction": "sum"})"},
    {"mse_sum_over_outputs", "mean_squared_error", R"({"reduction": "sum_over_outputs"})"},
    {"mse_of_labels", "mean_squared_error", R"({"reduction": "mean"})"},
};

struct SgdCase {
  const char* fixture;
  double momentum;
  bool nesterov;
  double weight_decay;
  bool decay_norms_and_biases;
  double bias_rate;
};

constexpr SgdCase sgd_cases[] = {
    {"sgd", 0, false, 0, true, 1},
    {"sgd_decay", 0, false, 0.05, true, 1},
    {"sgd_momentum", 0.9, false, 0, true, 1},
    {"sgd_momentum_decay", 0.8, false, 0.05, true, 1},
    {"sgd_nesterov", 0.9, true, 0, true, 1},
    {"sgd_nesterov_decay", 0.8, true, 0.05, true, 1},
    {"sgd_decay_of_weights_only", 0.9, false, 0.05, false, 1},
    {"sgd_groups", 0.9, false, 0.05, true, 0.1},
};

template <class Cases>
std::set<std::string> names(const Cases& cases) {
  std::set<std::string> out;
  for (const auto& c : cases) out.insert(c.fixture);
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE("every loss computes what PyTorch computes", "[golden][loss]", float, double) {
  const LossCase c = GENERATE(from_range(std::begin(loss_cases), std::end(loss_cases)));
  Fixture fixture("losses", c.fixture);
  const auto& extents = fixture["output"].shape;
  const Shape shape{extents[0], 1, 1, extents[1]};
  std::vector<TestType> output(static_cast<size_t>(shape.size())), targets(output);
  std::vector<TestType> gradient(output.size(), std::numeric_limits<TestType>::quiet_NaN());
  std::vector<int32_t> labels(static_cast<size_t>(shape.n));
  const View<TestType> at{output.data(), shape}, down{gradient.data(), shape};
  fixture.copy("output", at);
  Batch<TestType> batch{at, nullptr, {}};
  if (fixture.has("labels")) {
    fixture.copy("labels", View<int32_t>{labels.data(), {shape.n, 1, 1, 1}});
    batch.labels = labels.data();
  } else {
    fixture.copy("targets", View<TestType>{targets.data(), shape});
    batch.targets = {targets.data(), shape};
  }
  const auto loss = make_as<Loss<TestType>>(losses<TestType>(), {c.name, c.options});
  const auto value = static_cast<TestType>((*loss)(at, batch, down));
  fixture.agrees<TestType>("loss", View<const TestType>{&value, {1, 1, 1, 1}});
  fixture.agrees<TestType>("gradient", down);
  CHECK(static_cast<TestType>((*loss)(at, batch, {})) == value);  // the value does not hang on the gradient being asked
}

TEMPLATE_TEST_CASE("five steps of SGD end where PyTorch's end", "[golden][optimizer]", float, double) {
  const SgdCase c = GENERATE(from_range(std::begin(sgd_cases), std::end(sgd_cases)));
  Fixture fixture("sgd", c.fixture);
  Planner planner(sizeof(TestType));
  planner.enter("layer");
  planner.parameters("weight", {1, 1, 1, static_cast<Index>(fixture["start.weight"].values.size())}, Role::weight);
  planner.parameters("bias", {1, 1, 1, static_cast<Index>(fixture["start.bias"].values.size())}, Role::bias);
  Workspace<TestType> ws(planner.finish());
  TrainConfig config;
  config.momentum = c.momentum, config.nesterov = c.nesterov;
  config.weight_decay = c.weight_decay, config.decay_norms_and_biases = c.decay_norms_and_biases;
  if (c.bias_rate != 1) config.groups.push_back({"*/bias", c.bias_rate, 1});
  Optimizer<TestType> optimizer(config, ws.plan());
  Pool pool(1);
  const std::vector<double> rates = fixture["rates"].values;
  for (const NamedSlot& entry : ws.plan().parameters) fixture.copy("start." + entry.name.substr(6), ws[entry.slot]);
  for (size_t step = 0; step < rates.size(); ++step) {
    INFO("step " << step);
    for (const NamedSlot& entry : ws.plan().parameters) {
      const auto& values = fixture["gradients." + entry.name.substr(6)].values;
      const size_t count = static_cast<size_t>(entry.slot.shape.size());
      for (size_t i = 0; i < count; ++i) ws.gradient(entry.slot)[i] = static_cast<TestType>(values[step * count + i]);
    }
    optimizer.step(pool, ws, rates[step]);
    for (const NamedSlot& entry : ws.plan().parameters) {
      fixture.agrees<TestType>("after." + entry.name.substr(6), ws[entry.slot], static_cast<Index>(step));
    }
  }
}

TEST_CASE("no fixture of a loss or the optimizer is left aside", "[golden]") {
  CHECK(fixture_cases("losses") == names(loss_cases));
  CHECK(fixture_cases("sgd") == names(sgd_cases));
}
