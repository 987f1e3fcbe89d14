#include "experiment/run.h"

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/environment.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "experiment/checkpoint.h"
#include "experiment/endings.h"
#include "experiment/export.h"
#include "experiment/logs.h"
#include "experiment/run_directory.h"
#include "probes/suite.h"
#include "train/evaluation.h"
#include "train/trainer.h"

namespace bnlab {
namespace {

std::string with_caution(const Dataset& data) { return data.name + (data.caution.empty() ? "" : " (" + data.caution + ")"); }

}  // namespace

struct Runner::State {
  RunOptions options;
  Progress& progress;
  std::string data_key;
  Dataset data;
  DataConfig data_config;  // as it was resolved: the fallback may have taken over
  std::string notice;
  std::unique_ptr<Endings> endings;

  const Dataset& load(RunConfig& config) {
    const std::string key = write_fields([&](Fields& f) { config.data.describe(f); }).dump();
    if (key != data_key) {
      data_key.clear();
      data_config = config.data;
      notice.clear();
      data = load_dataset(data_config, notice);
      data_key = key;
      if (!notice.empty()) progress.say("note: " + notice);
      if (!data.caution.empty()) progress.say("data: " + with_caution(data));
    }
    config.data = data_config;
    return data;
  }

  int threads(const RunConfig& config) const {
    if (options.threads > 0) return options.threads;
    return config.threads > 0 ? static_cast<int>(config.threads) : std::min(4, machine_threads());
  }

  using Directory = std::shared_ptr<RunDirectory>;
  template <class T>
  RunResult train(const RunConfig& config, const std::string& arm, const Directory& directory, bool repeat);
  template <class T>
  std::optional<RunResult> attempt(const RunConfig& config, const std::string& arm, const Directory& ours, bool go_on);
};

template <class T>
RunResult Runner::State::train(const RunConfig& config, const std::string& arm, const Directory& directory, bool repeat) {
  const std::string before = directory->claim(repeat);
  const bool unfinished = !before.empty() && before != "completed" && before != "diverged";
  if (unfinished && options.resume) {
    if (auto result = attempt<T>(config, arm, directory, true)) return *result;
  } else if (unfinished) {
    progress.say(fmt::format("note: {} held a run that was {}; it starts again (--resume would go on where it stopped)", directory->path(), before == "running" ? "killed" : before));
  }
  directory->clear(unfinished && options.resume && !directory->made_by_another_build());
  directory->status("running", 0);
  return *attempt<T>(config, arm, directory, false);
}

// Nothing where `go_on` finds nothing to go on from.
template <class T>
std::optional<RunResult> Runner::State::attempt(const RunConfig& config, const std::string& arm, const Directory& ours, bool go_on) {
  RunDirectory& directory = *ours;
  flush_denormals(config.flush_denormals);
  Pool pool(threads(config));
  const auto seed = static_cast<uint64_t>(config.seed);
  Trainer<T> trainer(config.model, config.train, data, seed, pool);
  EvaluationLog<T>::check(config, data);

  EvaluationLog<T> evaluation(config, data, trainer.loss(), pool, directory.path());
  TrainingLog<T> training(config.train, directory.path(), progress);
  Suite<T> suite(config.probes, {config.model, config.train, data, trainer.loss(), seed, pool}, directory.path());
  Checkpoints checkpoints(config.checkpoint, directory.path(), directory.identity(), [&](Archive& archive) {
    archive.scope("trainer", [&] { trainer.archive(archive); });
    archive.scope("training_log", [&] { training.archive(archive); });
    archive.scope("evaluation_log", [&] { evaluation.archive(archive); });
    archive.scope("probes", [&] { suite.archive(archive); });
  });
  const std::string label = fmt::format("{} {} seed {}", config.name, arm, config.seed);
  Json record = manifest(directory.identity(), data, options.command, pool.threads(), trainer.network().parameters());
  if (go_on) {
    std::vector<std::string> complaints;
    const auto step = checkpoints.resume(complaints);
    for (const auto& complaint : complaints) progress.say("note: a checkpoint that cannot be used: " + complaint);
    if (!step) {
      progress.say(fmt::format("note: {} has no checkpoint; it starts again", label));
      return std::nullopt;
    }
    progress.say(fmt::format("{}: goes on at step {}", label, *step));
    record = resumed(directory.read("manifest.json"), record, *step);
    if (record.contains("commits")) progress.say(fmt::format("note: {} was begun by another build; its numbers may differ in the last digits", label));
    directory.status("running", *step);
  } else {
    directory.write_json("config.resolved.json", resolved(config));
  }
  directory.write_json("manifest.json", record);
  const auto log = std::make_shared<spdlog::logger>("run", std::make_shared<spdlog::sinks::basic_file_sink_mt>(directory.path() + "/log.txt"));
  log->set_pattern("%Y-%m-%dT%H:%M:%SZ %l %v", spdlog::pattern_time_type::utc);
  log->flush_on(spdlog::level::info);
  log->info("{} seed {}: {} parameters, {} training samples of {}, from step {}", arm, config.seed, trainer.network().parameters(), data.train.size, data.name, trainer.step());
  if (!notice.empty()) log->warn("{}", notice);

  if (config.export_initial && !go_on) export_parameters(directory.path(), "initial", trainer.workspace());
  if (config.export_gradients && !go_on) export_gradients(directory.path(), trainer);

  CheckpointObserver<T> checkpointer(checkpoints);
  Observers<T> observers;
  observers.add(checkpointer);
  observers.add(evaluation);
  observers.add(suite);
  observers.add(training);

  progress.begin(label, config.train.steps, config.train.batch_size);
  const Outcome outcome = trainer.run(observers, stop_requested());
  RunResult result;
  result.seconds = training.seconds();
  progress.end();
  result.dir = directory.path(), result.name = config.name, result.arm = arm, result.outcome = text(outcome);
  result.seed = config.seed, result.steps = trainer.step();
  result.final = evaluation.last();
  result.data = with_caution(data);
  result.batch_statistics = trainer.network().plan().size(Region::state) > 0;
  auto ended = [log, outcome = result.outcome, steps = result.steps, seconds = result.seconds] { log->info("{} after {} steps, {:.2f} s", outcome, steps, seconds); };
  if (outcome == Outcome::interrupted) {
    checkpoints.write(trainer.step());
    directory.status("interrupted", trainer.step());
    ended();
    return result;
  }
  if (config.export_final) export_parameters(directory.path(), "final", trainer.workspace());
  const Json measured = suite.summary();
  for (const auto& [probe, values] : measured.items()) {
    for (const auto& [key, value] : values.items()) result.probes[probe + "." + key] = number_of(value);
  }
  Json summary = to_json(result);
  summary["batch_statistics"] = result.batch_statistics;
  summary["probes"] = measured;
  summary["cost"] = {{"probes", suite.costs()}, {"evaluation_seconds", evaluation.seconds()}};
  directory.write_json("summary.json", summary);
  auto completed = [ours, ended, kept = config.checkpoint, outcome = result.outcome, steps = result.steps] {
    ours->status(outcome, steps);
    ended();  // not before: a run that is killed on its last lines ends once all the same
    Checkpoints(kept, ours->path(), "", {}).finish();
  };
  if (endings) {
    endings->add({ours->path(), completed, [ours](const std::string& why) { ours->failed(why); }});
  } else {
    settle({ours->path()});  // before it is called completed
    completed();
  }
  return result;
}

Runner::Runner(RunOptions options, Progress& progress) : state_(new State{std::move(options), progress, "", {}, {}, "", {}}) {
  if (state_->options.settle_behind) state_->endings = std::make_unique<Endings>();
}
Runner::~Runner() = default;

void Runner::load(const Cell& cell, RunConfig& config) {
  try {
    const Dataset& data = state_->load(config);
    config.train.count_steps(data.train.size);
  } catch (const ConfigError& error) {
    throw ConfigError("", cell.document.explain(error.path(), error.bare()));
  }
}

RunResult Runner::run(const Cell& cell, bool repeat) {
  RunConfig config = cell.config;
  load(cell, config);
  const auto directory = std::make_shared<RunDirectory>(state_->options.out, config, cell.arm, state_->notice.empty() ? cell.identity : "");
  repeat = repeat || state_->options.overwrite;
  if (!repeat) {
    if (auto before = directory->finished()) {
      Checkpoints(config.checkpoint, directory->path(), "", {}).finish();  // one killed on its last line has left them
      return *before;
    }
  }
  try {
    return config.precision == "double" ? state_->train<double>(config, cell.arm, directory, repeat) : state_->train<float>(config, cell.arm, directory, repeat);
  } catch (const ConfigError& error) {  // shapes that cannot meet: say where the config says so
    throw ConfigError("", cell.document.explain(error.path(), error.bare()));
  } catch (const std::exception& error) {
    directory->failed(error.what());
    throw;
  }
}

void Runner::check(const Cell& cell, const std::function<void(const Built&)>& look) {
  RunConfig config = cell.config;
  load(cell, config);
  try {
    Pool pool;
    const Trainer<float> trainer(config.model, config.train, state_->data, static_cast<uint64_t>(config.seed), pool);
    EvaluationLog<float>::check(config, state_->data);
    Suite<float>(config.probes, {config.model, config.train, state_->data, trainer.loss(), static_cast<uint64_t>(config.seed), pool}, "");
    if (look) look({config, state_->data, trainer.network(), state_->notice});
  } catch (const ConfigError& error) {
    throw ConfigError("", cell.document.explain(error.path(), error.bare()));
  }
}

int64_t Runner::steps(const Cell& cell) {
  RunConfig config = cell.config;
  load(cell, config);
  return config.train.steps;
}

Runner::Pace Runner::pace(const Cell& cell) {
  RunConfig config = cell.config;
  load(cell, config);
  using Clock = std::chrono::steady_clock;
  auto since = [](Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  auto measure = [&]<class T>(T) {
    Pace out;
    Pool pool(state_->threads(config));
    Trainer<T> trainer(config.model, config.train, state_->data, static_cast<uint64_t>(config.seed), pool);
    trainer.gradients(trainer.batches().at(0));
    auto begin = Clock::now();
    int64_t steps = 0;
    while (since(begin) < 0.1 && steps < 100) trainer.gradients(trainer.batches().at(++steps % trainer.batches().per_epoch()));
    out.step = since(begin) / static_cast<double>(steps);
    const EvaluateConfig& e = config.evaluate;
    const Index batch = e.batch_size > 0 ? e.batch_size : config.train.batch_size;
    Evaluation<T> evaluation(config.model, state_->data, trainer.loss(), batch, static_cast<uint64_t>(config.seed), pool);
    evaluation.copy(trainer.workspace());
    evaluation.score(state_->data.train, Mode::evaluate, batch);
    begin = Clock::now();
    Index scored = 0;
    while (since(begin) < 0.05 && scored < 20 * batch) scored += evaluation.score(state_->data.train, Mode::evaluate, 2 * batch).samples;
    const double per_sample = since(begin) / static_cast<double>(std::max<Index>(1, scored));
    for (const auto& split : e.splits) {
      const Index all = (split == "train" ? state_->data.train : split == "test" ? state_->data.test : state_->data.validation).size;
      out.evaluation += per_sample * static_cast<double>((e.at_most > 0 ? std::min<Index>(e.at_most, all) : all) * static_cast<Index>(e.bn_modes.size()));
    }
    return out;
  };
  return config.precision == "double" ? measure(double{}) : measure(float{});
}

}  // namespace bnlab
