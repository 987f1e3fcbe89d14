#include "experiment/sweep.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/environment.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "experiment/board.h"
#include "experiment/checkpoint.h"
#include "experiment/run_directory.h"

namespace bnlab {
namespace {

// What a step's time depends on.
std::string shape_of(const RunConfig& config) {
  const Json all = resolved(config);
  return Json{all["data"], all["model"], all["engine"], all["evaluate"], config.train.batch_size}.dump();
}

std::string line_of(size_t id, const Cell& cell, bool repeat) {
  return Json{{"job", id}, {"arm", cell.arm}, {"repeat", repeat}, {"identity", cell.identity}, {"config", resolved(cell.config)}}.dump();
}

}  // namespace

Sweep::Sweep(Experiment experiment, SweepOptions options)
    : experiment_(std::move(experiment)), options_(std::move(options)), directory_(options_.launch.out + "/" + experiment_.name) {
  options_.launch.directory = directory_;
}

Sweep::~Sweep() {
  if (lock_ >= 0) ::close(lock_);
}

void Sweep::check() {
  Progress silent(ProgressMode::none);
  Runner runner({}, silent);
  std::set<std::string> said;
  for (const Cell& cell : distinct_cells(experiment_)) {
    if (stop_requested()) return;
    runner.check(cell, [&](const Built& built) {
      if (!built.notice.empty() && !options_.quiet && said.insert(built.notice).second) fmt::print(stderr, "note: {}\n", built.notice);
    });
  }
}

std::string Sweep::plan() {
  Progress silent(ProgressMode::none);
  RunOptions few;
  few.threads = options_.launch.threads;
  Runner runner(few, silent);
  std::vector<std::vector<std::string>> rows{{"arm", "runs", "finished", "steps"}};
  std::vector<std::string> order;
  std::map<std::string, std::array<size_t, 2>> arms;
  std::map<std::string, int64_t> steps;
  auto look = [&](const std::vector<Cell>& cells, const std::string& prefix) {
    for (const Cell& cell : cells) {
      const std::string label = prefix + cell.arm;
      if (!arms.contains(label)) order.push_back(label);
      auto& [runs, finished] = arms[label];
      ++runs;
      finished += RunDirectory(options_.launch.out, cell.config, cell.arm, cell.identity).finished().has_value();
      if (!steps.contains(label)) steps[label] = runner.steps(cell);
    }
  };
  if (experiment_.tuning) look(tuning_cells(experiment_).cells, "tune: ");
  look(experiment_.cells, "");
  size_t runs = 0, finished = 0;
  for (const auto& label : order) {
    rows.push_back({label, std::to_string(arms[label][0]), std::to_string(arms[label][1]), std::to_string(steps[label])});
    runs += arms[label][0], finished += arms[label][1];
  }
  std::string out = aligned(rows) + fmt::format("\n{} runs, {} finished already\n", runs, finished);
  if (runs == finished) return out;
  std::map<std::string, Runner::Pace> paces;
  double seconds = 0;
  auto add = [&](const std::vector<Cell>& cells) {
    for (const Cell& cell : cells) {
      if (RunDirectory(options_.launch.out, cell.config, cell.arm, cell.identity).finished()) continue;
      const std::string shape = shape_of(cell.config);
      if (!paces.contains(shape)) paces[shape] = runner.pace(cell);
      const EvaluateConfig& e = cell.config.evaluate;
      const int64_t length = runner.steps(cell), looks = 2 + (e.every > 0 ? (length - 1) / e.every : 0) + static_cast<int64_t>(e.at.size());
      seconds += paces[shape].step * static_cast<double>(length) + paces[shape].evaluation * static_cast<double>(looks);
    }
  };
  if (experiment_.tuning) add(tuning_cells(experiment_).cells);
  add(experiment_.cells);
  return out + fmt::format("about {} of training, {} at a time with {} thread{} each (measured over a few batches, evaluations included; probes come on top)\n", duration(seconds / options_.launch.jobs),
                           options_.launch.jobs, options_.launch.threads, options_.launch.threads == 1 ? "" : "s");
}

SweepResult Sweep::carry_out(std::vector<Cell> cells, const std::string& what) {
  SweepResult result;
  result.runs = cells.size(), result.records.resize(cells.size());
  std::map<std::string, size_t> stale;
  std::vector<size_t> wanted;
  std::vector<bool> repeated(cells.size());
  std::vector<std::string> paths(cells.size());
  std::set<std::string> taken;
  for (size_t i = 0; i < cells.size(); ++i) {
    RunDirectory directory(options_.launch.out, cells[i].config, cells[i].arm, cells[i].identity);
    paths[i] = directory.path();
    if (!taken.insert(paths[i]).second) {
      ++result.reused;  // two cells say the same
      continue;
    }
    const Json status = directory.read("status.json");
    const std::string state = status.is_object() ? status.value("state", "") : "";
    const bool finished = state == "completed" || state == "diverged";
    bool repeat = options_.retry == "all" || (options_.retry == "diverged" && state == "diverged");
    if (finished && directory.made_by_another_build()) {
      ++stale[directory.read("manifest.json").value("commit", "?").substr(0, 12)];
      repeat |= options_.rerun_stale;
    }
    if (finished && !repeat) {
      Checkpoints(cells[i].config.checkpoint, paths[i], "", {}).finish();  // one killed on its last line has left them
      ++result.reused;
      continue;
    }
    if (state == "failed" && options_.retry != "failed" && options_.retry != "all") {
      ++result.failed;
      if (!options_.quiet) fmt::print(stderr, "failed before, not repeated (--retry failed repeats it): {}: {}\n", directory.path(), status.value("why", ""));
      continue;
    }
    wanted.push_back(i), repeated[i] = finished;
  }
  for (const auto& [commit, count] : stale) {
    if (!options_.quiet) fmt::print(stderr, "note: {} runs were made by another build ({}){}\n", count, commit, options_.rerun_stale ? "; they are repeated" : "; --rerun-stale repeats them");
  }
  // longest first, so that no long one is left alone at the end
  auto work = [&](size_t i) {
    const TrainConfig& train = cells[i].config.train;
    return train.epochs > 0 ? train.epochs * 1e5 : static_cast<double>(train.steps) * static_cast<double>(train.batch_size);
  };
  std::stable_sort(wanted.begin(), wanted.end(), [&](size_t a, size_t b) { return work(a) > work(b); });
  std::vector<Job> jobs;
  for (const size_t i : wanted) jobs.push_back({i, [&cells, &repeated, i] { return line_of(i, cells[i], repeated[i]); }});

  Board board(options_.quiet ? ProgressMode::none : ProgressMode::automatic, experiment_.name + what, cells.size(), result.reused, result.failed);
  const auto launcher = options_.launch.on_slurm ? slurm_launcher(options_.launch) : local_launcher(options_.launch);
  std::atomic<bool>& stop = stop_requested();
  bool gave_up = false;
  auto look = [&] {
    std::vector<Board::Running> running;
    for (const AtWork& run : launcher->at_work()) running.push_back({fmt::format("{} seed {}", cells[run.id].arm, cells[run.id].config.seed), run.seconds});
    board.look(running);
  };
  std::vector<std::string> said(cells.size());
  launcher->run(jobs, [&](const Ended& ended) {
    const Cell& cell = cells[ended.id];
    said[ended.id] = ended.outcome;
    if (ended.outcome == "failed" || ended.outcome == "busy") {
      ++result.failed;
      if (ended.outcome == "failed") RunDirectory(options_.launch.out, cell.config, cell.arm, cell.identity).lost(ended.why);
      board.say(fmt::format("failed: {} seed {}: {}", cell.arm, cell.config.seed, ended.why));
      if (options_.fail_fast) stop = gave_up = true;
    }
    result.done += ended.outcome == "completed";
    result.diverged += ended.outcome == "diverged";
    board.ended(ended.outcome == "busy" ? "failed" : ended.outcome);
  }, look, stop);
  for (size_t i = 0; i < cells.size(); ++i) {
    RunRecord& record = result.records[i];
    read_run(paths[i], record);
    if (said[i].empty() || said[i] == record.state || (said[i] != "completed" && said[i] != "diverged")) continue;
    --(said[i] == "completed" ? result.done : result.diverged);  // trained, but its files did not reach the disk
    ++result.failed;
    board.say(fmt::format("failed: {} seed {}: {}", cells[i].arm, cells[i].config.seed, record.why.empty() ? "its process ended before its files were on the disk; the same command repeats it" : record.why));
  }
  board.end();
  result.interrupted = stop && !gave_up;
  return result;
}

SweepResult Sweep::run() {
  make_directories(directory_);
  lock_ = ::open((directory_ + "/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock_ < 0 || ::flock(lock_, LOCK_EX | LOCK_NB) != 0) throw FileError(directory_, lock_ < 0 ? std::string("cannot write here: ") + std::strerror(errno) : "another sweep is at work here; wait for it, or end it");
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {  // what a killed sweep was about to rename
    if (entry.path().extension() == ".tmp") std::filesystem::remove(entry.path(), error);
  }
  std::vector<Cell> cells;
  if (experiment_.tuning) {
    const TuningCells tuning = tuning_cells(experiment_);
    SweepResult tuned = carry_out(tuning.cells, " (tuning)");
    if (stop_requested()) return tuned;
    if (tuned.failed > 0) {  // a value is worst where training diverged, not where a process died
      fmt::print(stderr, "{} of the runs that tune failed, so nothing is chosen; --retry failed repeats them\n", tuned.failed);
      return tuned;
    }
    std::vector<double> measured;
    for (const RunRecord& record : tuned.records) {
      const auto at = record.measures.find(experiment_.tuning->measure);
      if (record.state == "completed" && at == record.measures.end()) {
        std::vector<std::string> known;
        for (const auto& [key, value] : record.measures) known.push_back(key);
        throw ConfigError("tune.measure", fmt::format("'{}' is not measured{} (known: {})", experiment_.tuning->measure, did_you_mean(experiment_.tuning->measure, known), join(known)));
      }
      measured.push_back(record.state == "completed" ? at->second : std::nan(""));
    }
    const std::vector<Chosen> chosen = choose(experiment_, tuning, measured);
    write_atomically(directory_ + "/tuned.json", to_json(experiment_, chosen).dump(2) + "\n");
    for (const Chosen& c : chosen) {
      if (!options_.quiet && c.at_edge) fmt::print(stderr, "warning: {}: the best {} is {}, at the edge of what was tried\n", c.arm, experiment_.tuning->path, experiment_.tuning->values[c.value].dump());
    }
    cells = tuned_cells(experiment_, chosen);
  } else {
    cells = std::move(experiment_.cells);
  }
  SweepResult result = carry_out(std::move(cells), "");
  write_index(directory_, find_runs(directory_, result.records));
  return result;
}

}  // namespace bnlab
