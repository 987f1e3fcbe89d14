// The loop, the optimizer, the schedules and the replica.
#include <catch2/catch.hpp>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "experiment/run_config.h"
#include "train/evaluation.h"
#include "train/trainer.h"

using namespace bnlab;

namespace {

RunConfig config_of(const std::string& body) {
  Document document = Document::parse(R"({"data": {"name": "gaussian_mixture", "features": 12, "classes": 3, "samples": 240, "separation": 1},
    "model": {"widths": [8, 8], "norm": "batch_norm", "placement": "before_activation"},
    "train": {"steps": 20, "batch_size": 16, "learning_rate": 0.1, "momentum": 0.9}})", "test");
  document.merge(Document::parse(body, "test"));
  return read_run_config(document);
}

template <class T>
struct Training {
  RunConfig config;
  std::string notice;
  Dataset data;
  Pool pool;
  Trainer<T> trainer;
  explicit Training(const std::string& body, int threads = 1)
      : config(config_of(body)), data(load_dataset(config.data, notice)), pool(threads), trainer(config.model, config.train, data, static_cast<uint64_t>(config.seed), pool) {}
  Outcome run() {
    Observers<T> nobody;
    return trainer.run(nobody, never);
  }
  std::vector<T> parameters() {
    const View<T> p = trainer.workspace().parameters();
    return {p.data, p.data + p.size()};
  }
  std::atomic<bool> never{false};
};

}  // namespace

TEST_CASE("training lowers the loss of every model that should train", "[train]") {
  for (const char* body : {R"({})", R"({"model": {"norm": "layer_norm"}, "train": {"steps": 200}})", R"({"model": {"norm": "frozen_batch_norm"}, "train": {"steps": 200}})"}) {
    Training<float> t(body);
    const double before = t.trainer.gradients(t.trainer.batches().at(0));
    REQUIRE(t.run() == Outcome::completed);
    REQUIRE(t.trainer.gradients(t.trainer.batches().at(0)) < 0.7 * before);
  }
}

TEST_CASE("same seed, same bytes; another seed, others; threads change nothing", "[train]") {
  Training<float> a("{}"), b("{}"), threads("{}", 3), other(R"({"seed": 1})");
  for (Training<float>* t : {&a, &b, &threads, &other}) t->run();
  CHECK(a.parameters() == b.parameters());
  CHECK(a.parameters() == threads.parameters());
  CHECK(a.parameters() != other.parameters());
}

TEST_CASE("a loss that is not finite ends the run as diverged", "[train]") {
  Training<float> t(R"({"model": {"norm": "identity"}, "train": {"learning_rate": 1e30, "loss": "mean_squared_error"}})");
  REQUIRE(t.run() == Outcome::diverged);
  REQUIRE(t.trainer.step() < 20);
}

TEST_CASE("a stop between two steps is heeded", "[train]") {
  Training<float> t("{}");
  Observers<float> nobody;
  const std::atomic<bool> stop{true};
  REQUIRE(t.trainer.run(nobody, stop) == Outcome::interrupted);
  REQUIRE(t.trainer.step() == 0);
}

TEST_CASE("gradient clipping bounds the step", "[train]") {
  Training<double> free(R"({"train": {"steps": 1, "momentum": 0}})"), clipped(R"({"train": {"steps": 1, "momentum": 0, "gradient_clip": 0.01}})");
  const auto start = free.parameters();
  free.run();
  clipped.run();
  double length = 0;
  const auto after = clipped.parameters();
  for (size_t i = 0; i < start.size(); ++i) length += std::pow(after[i] - start[i], 2);
  CHECK(std::sqrt(length) == Approx(0.1 * 0.01).epsilon(1e-9));
  CHECK(free.parameters() != clipped.parameters());
}

TEST_CASE("groups: the first match counts, norms and biases can be spared the decay", "[train]") {
  Training<double> frozen(R"({"train": {"groups": [{"match": "hidden1/*", "learning_rate": 0}, {"match": "*"}]}})");
  const auto before = frozen.parameters();
  frozen.run();
  for (const auto& [name, slot, role] : frozen.trainer.workspace().plan().parameters) {
    const bool same = std::equal(before.begin() + slot.offset, before.begin() + slot.offset + slot.shape.size(), frozen.trainer.workspace()[slot].data);
    INFO(name);
    CHECK(same == (name.rfind("hidden1/", 0) == 0));
  }
  Training<double> all(R"({"train": {"steps": 1, "momentum": 0, "weight_decay": 0.5}})"), weights(R"({"train": {"steps": 1, "momentum": 0, "weight_decay": 0.5, "decay_norms_and_biases": false}})"), none(R"({"train": {"steps": 1, "momentum": 0}})");
  for (Training<double>* t : {&all, &weights, &none}) t->run();
  for (const auto& [name, slot, role] : all.trainer.workspace().plan().parameters) {
    const double a = all.trainer.workspace()[slot][0], w = weights.trainer.workspace()[slot][0], n = none.trainer.workspace()[slot][0];
    INFO(name);
    if (role == Role::weight) CHECK((a == w && w != n));
    if (role == Role::gain) CHECK((a != w && w == n));
  }
}

TEST_CASE("schedules have the shapes they promise", "[train]") {
  auto factor = [](const std::string& name, const std::string& options, int64_t step) { return make_as<Schedule>(schedules(), {name, options})->factor(step, 100); };
  CHECK(factor("constant", "{}", 50) == 1);
  CHECK(factor("step", R"({"milestones": [0.5, 0.75], "factor": 0.1})", 49) == 1);
  CHECK(factor("step", R"({"milestones": [0.5, 0.75], "factor": 0.1})", 50) == Approx(0.1));
  CHECK(factor("step", R"({"milestones": [0.5, 0.75], "factor": 0.1})", 75) == Approx(0.01));
  CHECK(factor("cosine", R"({"end": 0.2})", 0) == 1);
  CHECK(factor("cosine", R"({"end": 0.2})", 50) == Approx(0.6));
  CHECK(factor("cosine", R"({"end": 0.2})", 100) == Approx(0.2));
  CHECK(factor("exponential", R"({"rate": 1.01})", 10) == Approx(std::pow(1.01, 10)));
  CHECK(factor("linear", R"({"end": 0.5})", 50) == Approx(0.75));
  CHECK(factor("constant", R"({"warm_up_steps": 10})", 0) == Approx(0.1));
  CHECK(factor("constant", R"({"warm_up_steps": 10})", 9) == Approx(1));
  CHECK(factor("linear", R"({"end": 0, "warm_up_steps": 20})", 60) == Approx(0.5));
  CHECK(factor("triangular", R"({"peak": 0.2})", 0) == Approx(0.05));
  CHECK(factor("triangular", R"({"peak": 0.2})", 9) == Approx(0.5));
  CHECK(factor("triangular", R"({"peak": 0.2})", 19) == 1);
  CHECK(factor("triangular", R"({"peak": 0.2, "end": 0.1})", 60) == Approx(0.55));
  CHECK(factor("triangular", R"({"peak": 0})", 0) == 1);
  CHECK(factor("triangular", R"({"peak": 1})", 99) == 1);
  for (int64_t step = 0; step < 100; ++step) {
    CHECK(factor("triangular", R"({"peak": 0.13, "end": 0.2})", step) == factor("linear", R"({"warm_up_steps": 13, "end": 0.2})", step));
  }
}

TEST_CASE("epochs are counted in whole batches", "[train]") {
  auto steps = [](double epochs, int64_t batch, int64_t samples) {
    TrainConfig config;
    config.epochs = epochs, config.batch_size = batch;
    config.count_steps(samples);
    return config.steps;
  };
  CHECK(steps(0, 16, 240) == 1000);  // as steps say
  CHECK(steps(3, 16, 240) == 45);
  CHECK(steps(3, 16, 255) == 45);  // a remainder is left out of each epoch
  CHECK(steps(0.5, 16, 240) == 8);
  CHECK(steps(1e-3, 16, 240) == 1);
}

TEST_CASE("frozen statistics are of initialization and stay; population statistics follow", "[train]") {
  for (const char* name : {"frozen_batch_norm", "population_batch_norm"}) {
    Training<double> t(std::string(R"({"model": {"norm": {"name": ")") + name + R"(", "reference_size": 200}}})");
    t.trainer.calibrate();
    const View<double> state = t.trainer.workspace().state();
    const std::vector<double> first(state.data, state.data + state.size());
    double size = 0;
    for (const double v : first) size += std::abs(v);
    CHECK(size > 1);
    t.run();
    INFO(name);
    CHECK(std::equal(first.begin(), first.end(), state.data) == (std::string(name) == "frozen_batch_norm"));
  }
}

TEST_CASE("evaluation: modes differ as they should, and touch nothing of the training", "[train]") {
  Training<double> t(R"({"train": {"steps": 60}})");
  t.run();
  const auto before = t.parameters();
  const View<double> state = t.trainer.workspace().state();
  const std::vector<double> state_before(state.data, state.data + state.size());
  Evaluation<double> evaluation(t.config.model, t.data, t.trainer.loss(), 16, 0, t.pool);
  evaluation.copy(t.trainer.workspace());
  const Score running = evaluation.score(t.data.test, Mode::evaluate), batch = evaluation.score(t.data.test, Mode::batch_statistics);
  evaluation.recalibrate(1000);
  const Score recalibrated = evaluation.score(t.data.test, Mode::evaluate);
  CHECK(running.samples == 48);
  CHECK(running.accuracy > 0.5);
  CHECK(running.loss != batch.loss);
  CHECK(running.loss != recalibrated.loss);
  CHECK(recalibrated.loss == Approx(running.loss).margin(0.2));
  CHECK(before == t.parameters());
  CHECK(std::equal(state_before.begin(), state_before.end(), state.data));
}

TEST_CASE("a remainder smaller than a batch is scored with running statistics only", "[train]") {
  Training<double> t("{}");
  Evaluation<double> evaluation(t.config.model, t.data, t.trainer.loss(), 20, 0, t.pool);
  evaluation.copy(t.trainer.workspace());
  CHECK(evaluation.score(t.data.test, Mode::evaluate).samples == 48);
  CHECK(evaluation.score(t.data.test, Mode::batch_statistics).samples == 40);
}

TEST_CASE("the loss of a split does not depend on how it is cut into batches", "[train]") {
  Training<double> t(R"({"model": {"norm": "layer_norm"}})");
  std::vector<double> losses;
  for (const Index size : {1, 7, 16, 48}) {
    Evaluation<double> evaluation(t.config.model, t.data, t.trainer.loss(), size, 0, t.pool);
    evaluation.copy(t.trainer.workspace());
    losses.push_back(evaluation.score(t.data.test, Mode::evaluate).loss);
  }
  for (const double loss : losses) CHECK(loss == Approx(losses[0]).epsilon(1e-12));
}
