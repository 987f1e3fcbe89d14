// Training on augmented images: repeatable, and seen by nobody who scores.
#include <catch2/catch.hpp>

#include "experiment/run_config.h"
#include "train/evaluation.h"
#include "train/trainer.h"

using namespace bnlab;

namespace {

struct Run {
  RunConfig config;
  std::string notice;
  Dataset data;
  Pool pool;
  Trainer<float> trainer;
  std::vector<std::vector<int32_t>> labels;  // of the batches, in order

  static RunConfig read(const std::string& augment) {
    return read_run_config(
        Document::parse(R"({"data": {"name": "textures", "size": 8, "samples": 200, "augment": )" + augment + R"(},
      "model": {"widths": [8], "norm": "batch_norm", "placement": "before_activation"}, "train": {"steps": 30, "batch_size": 20}})",
                        "test"));
  }
  explicit Run(const std::string& augment, int threads = 1)
      : config(read(augment)),
        data(load_dataset(config.data, notice)),
        pool(threads),
        trainer(config.model, config.train, data, 5, pool) {}

  std::vector<float> parameters() {
    const View<float> p = trainer.workspace().parameters();
    return {p.data, p.data + p.size()};
  }
  std::vector<float> trained() {
    struct Listener : Observer<float> {
      std::vector<std::vector<int32_t>>* out;
      void after_backward(const GradientView<float>& view) override {
        out->emplace_back(view.batch.labels, view.batch.labels + view.batch.n());
      }
    } listener;
    listener.out = &labels;
    const std::atomic<bool> never{false};
    trainer.run(listener, never);
    return parameters();
  }
};

const char* const both = R"({"flip": true, "crop_padding": 2})";

}  // namespace

TEST_CASE("augmented training repeats itself to the byte, with any number of threads", "[train][augment]") {
  const auto first = Run(both).trained();
  CHECK(Run(both).trained() == first);
  CHECK(Run(both, 3).trained() == first);
  CHECK(Run("{}").trained() != first);
  CHECK(Run(R"({"flip": true})").trained() != first);
}

TEST_CASE("augmentation leaves the initial weights and the order of the samples alone", "[train][augment]") {
  Run with(both), without("{}");
  CHECK(with.parameters() == without.parameters());
  with.trained(), without.trained();
  REQUIRE(with.labels.size() == 30);
  CHECK(with.labels == without.labels);
}

TEST_CASE("scores and recalibration are of the images as they are", "[train][augment]") {
  auto score = [](const char* augment) {  // of the same initial network
    Run run(augment);
    Evaluation<float> evaluation(run.config.model, run.data, run.trainer.loss(), 20, 5, run.pool);
    evaluation.copy(run.trainer.workspace());
    evaluation.recalibrate(5);
    std::vector<double> out;
    for (const Split* split : {&run.data.train, &run.data.test}) {
      for (const Mode mode : {Mode::evaluate, Mode::batch_statistics})
        out.push_back(evaluation.score(*split, mode).loss);
    }
    return out;
  };
  CHECK(score(both) == score("{}"));
}
