#include "experiment/checkpoint.h"

#include "experiment/logs.h"
#include "fuzz/targets.h"
#include "places.h"
#include "probes/suite.h"
#include "train/trainer.h"

namespace bnlab::fuzz {
namespace {

// A run of checkpoint.json that goes on, again and again, with whatever it is given.
struct Run {
  std::string directory, notice;
  RunConfig config;
  Dataset data;
  Pool pool;
  Trainer<float> trainer;
  Progress silent{ProgressMode::none};
  EvaluationLog<float> evaluation;
  TrainingLog<float> training;
  Suite<float> suite;
  std::atomic<bool> never{false};

  Run()
      : directory((std::filesystem::create_directories(scratch().path("run/probes")), scratch().path("run"))),
        config(read()),
        data(load_dataset(config.data, notice)),
        trainer(config.model, config.train, data, 1, pool),
        evaluation(config, data, trainer.loss(), pool, directory),
        training(config.train, directory, silent),
        suite(config.probes, {config.model, config.train, data, trainer.loss(), 1, pool}, directory) {
    Observers<float> observers = all();
    trainer.run(observers, never);  // so that there is something to cut off
  }
  static RunConfig read() { return read_run_config(Document::read(BNLAB_TOP "/tests/fuzz/checkpoint.json")); }
  Observers<float> all() {
    Observers<float> observers;
    observers.add(evaluation), observers.add(suite), observers.add(training);
    return observers;
  }
  void archive(Archive& archive) {
    archive.scope("trainer", [&] { trainer.archive(archive); });
    archive.scope("training_log", [&] { training.archive(archive); });
    archive.scope("evaluation_log", [&] { evaluation.archive(archive); });
    archive.scope("probes", [&] { suite.archive(archive); });
  }
};

}  // namespace

void checkpoint(Bytes bytes) {
  static Run run;
  const std::string path = as_file("step.safetensors", bytes);
  refused_or_read([&] {
    Archive archive(path, read_safetensors(path));
    run.archive(archive);
    Observers<float> observers = run.all();
    run.trainer.run(observers, run.never);
  });
}

}  // namespace bnlab::fuzz
