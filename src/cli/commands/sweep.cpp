#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/commands/commands.h"
#include "core/environment.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "experiment/run.h"
#include "experiment/sweep.h"

namespace bnlab {

int interrupted() {
  fmt::print(stderr, "bnlab: interrupted; the same command goes on where it stopped\n");
  return 130;
}

int sweep_command(const SweepArguments& arguments) {
  catch_signals();
  if (arguments.out.empty()) throw UsageError("--out: expected the name of a directory");
  SweepOptions options;
  options.launch.program = arguments.program, options.launch.out = arguments.out;
  options.launch.threads = arguments.threads, options.launch.timeout = arguments.timeout;
  options.launch.on_slurm = arguments.launcher == "slurm", options.launch.slurm = arguments.slurm;
  options.launch.jobs = arguments.jobs > 0 ? arguments.jobs : std::max(1, machine_threads() / std::max(1, arguments.threads));
  options.retry = arguments.retry, options.fail_fast = arguments.fail_fast, options.rerun_stale = arguments.rerun_stale, options.quiet = arguments.quiet;
  Sweep sweep(read_experiment(arguments.experiment, arguments.sets, arguments.scale), options);
  sweep.check();
  if (stop_requested()) return interrupted();
  if (arguments.dry_run) {
    fmt::print("{}", sweep.plan());
    return 0;
  }
  const SweepResult result = sweep.run();
  if (!arguments.quiet) {
    fmt::print("{} runs: {} completed now, {} diverged now, {} failed, {} there before\n", result.runs, result.done, result.diverged, result.failed, result.reused);
    const bool counted = is_file(sweep.directory() + "/index.csv");
    fmt::print("results: {}\n", sweep.directory() + (counted ? "/ (index.csv; one directory a run)" : ".tuning/ (those that tune; the runs that count have not begun)"));
  }
  if (result.interrupted) return interrupted();
  return result.failed > 0 ? 4 : 0;
}

namespace {

// before: the cell of the order before, and what it said; most orders differ from it in nothing but the seed.
struct Before {
  Json config;
  Cell cell;
};

Json carry_out(Runner& runner, const std::string& line, Before& before) {
  Json order = Json::parse(line, nullptr, false);
  if (!order.is_object() || !order.contains("config")) throw UsageError("worker: expected lines of {\"job\": 0, \"arm\": \"...\", \"config\": {...}}");
  Json answer{{"job", order.value("job", 0)}};
  try {
    Json& config = order["config"];
    const Json seed = config.value("seed", Json(0));
    config["seed"] = 0;
    Cell& cell = before.cell;
    if (config != before.config) {
      before.config = nullptr;  // not before it is read
      cell.document = Document::parse(config.dump(), "sweep");
      cell.config = read_run_config(cell.document);
      before.config = std::move(config);
    }
    cell.arm = cell.config.arm = order.value("arm", "base");
    cell.config.seed = seed.get<int64_t>();
    cell.identity = order.value("identity", "");
    const RunResult result = runner.run(cell, order.value("repeat", false));
    answer["outcome"] = result.outcome, answer["dir"] = result.dir, answer["seconds"] = result.seconds;
  } catch (const InUse& error) {
    answer["outcome"] = "busy", answer["why"] = error.what();
  } catch (const std::bad_alloc&) {
    answer["outcome"] = "failed", answer["why"] = "not enough memory";
  } catch (const std::exception& error) {
    answer["outcome"] = "failed", answer["why"] = error.what();
  }
  return answer;
}

}  // namespace

int worker_command(const WorkerArguments& arguments) {
  catch_signals();
  Progress silent(ProgressMode::none);
  RunOptions options;
  options.out = arguments.out, options.threads = arguments.threads, options.resume = true, options.command = "bnlab sweep";
  options.settle_behind = arguments.jobs.empty();  // who sent the jobs over a pipe waits for our end before it looks
  Runner runner(options, silent);
  Before before;
  if (arguments.jobs.empty()) {
    end_with_parent();
    std::ios::sync_with_stdio(false);  // or std::cin is read by the character
    for (std::string line; !stop_requested() && std::getline(std::cin, line);) {
      fmt::print("{}\n", carry_out(runner, line, before).dump());
      std::fflush(stdout);
    }
    return 0;
  }
  int share = 0, shares = 1;
  if (std::sscanf(arguments.share.c_str(), "%d/%d", &share, &shares) != 2 || shares < 1) throw UsageError("worker: --share: expected i/n");
  std::istringstream lines(read_text(arguments.jobs));
  int count = 0;
  for (std::string line; !stop_requested() && std::getline(lines, line);) {
    if (count++ % shares == share) append_line(arguments.answers, carry_out(runner, line, before).dump());
  }
  return 0;
}

}  // namespace bnlab
