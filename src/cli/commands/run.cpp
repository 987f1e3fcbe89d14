#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "core/environment.h"
#include "core/error.h"
#include "core/text.h"
#include "experiment/run.h"
#include "experiment/run_directory.h"

namespace bnlab {
namespace {

std::string percent(const RunResult& result, const std::string& key) {
  const auto at = result.final.find(key);
  if (at == result.final.end() || std::isnan(at->second)) return "-";
  return fmt::format("{:.2f} %", 100 * at->second);
}

std::string figure(const std::map<std::string, double>& values, const std::string& key) {
  const auto at = values.find(key);
  return at == values.end() || std::isnan(at->second) ? "-" : fmt::format("{:.4g}", at->second);
}

void print_table(const std::vector<RunResult>& results) {
  std::vector<std::vector<std::string>> rows{{"arm", "seed", "outcome", "steps", "train loss", "test loss", "test accuracy", "with batch statistics", "input shift", "seconds"}};
  for (const RunResult& r : results) {
    rows.push_back({r.arm, std::to_string(r.seed), r.outcome, std::to_string(r.steps), figure(r.final, "train_loss"), figure(r.final, "test_loss"), percent(r, "test_accuracy"),
                    r.batch_statistics ? percent(r, "test_accuracy_batch") : "-", figure(r.probes, "distribution.median_w1_std_path_of_hidden_inputs_batch"), fmt::format("{:.1f}", r.seconds)});
  }
  // a column in which nobody has anything to say is left out
  for (size_t k = rows[0].size(); k-- > 4;) {
    bool empty = true;
    for (size_t i = 1; i < rows.size(); ++i) empty = empty && rows[i][k] == "-";
    for (auto& row : rows) {
      if (empty) row.erase(row.begin() + static_cast<std::ptrdiff_t>(k));
    }
  }
  fmt::print("\n{}", aligned(rows));
  for (const auto& title : rows[0]) {
    if (title == "input shift") {
      fmt::print("input shift: how far the inputs of the hidden activations moved over training in all, in their own standard\n"
                 "             deviations (Wasserstein-1 from look to look, summed; median over layers; batch statistics)\n");
    }
  }
}

}  // namespace

int run_command(const RunArguments& arguments) {
  if (arguments.out.empty()) throw UsageError("--out: expected the name of a directory");
  const std::vector<Cell> cells = expand(compose(arguments.config, arguments.sets), arguments.sets);
  const ProgressMode mode = arguments.quiet || arguments.progress == "none" ? ProgressMode::none
                            : arguments.progress == "tty"                   ? ProgressMode::tty
                            : arguments.progress == "plain"                 ? ProgressMode::plain
                                                                            : ProgressMode::automatic;
  catch_signals();
  Progress progress(mode);
  RunOptions options;
  options.out = arguments.out, options.command = arguments.command, options.threads = arguments.threads;
  options.overwrite = arguments.overwrite, options.resume = arguments.resume, options.quiet = arguments.quiet, options.verbose = arguments.verbose;
  Runner runner(options, progress);
  for (size_t i = 0; i < cells.size(); ++i) runner.check(cells[i]);
  std::vector<RunResult> results;
  size_t reused = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    RunResult result = runner.run(cells[i]);
    if (result.outcome == "interrupted") {
      if (!arguments.quiet && !arguments.json && !results.empty()) print_table(results);
      if (!arguments.quiet) fmt::print(stderr, "{} of {} runs done; {} seed {} was stopped at step {}\n", results.size(), cells.size(), result.arm, result.seed, result.steps);
      throw Interrupted();
    }
    if (arguments.json) {
      fmt::print("{}\n", to_json(result).dump());
      std::fflush(stdout);
    }
    if (arguments.verbose || (!arguments.quiet && cells.size() > 1)) {
      progress.say(fmt::format("[{}/{}] {} seed {}: {}{}{}", i + 1, cells.size(), result.arm, result.seed, result.outcome, result.reused ? " before, not repeated" : "",
                               arguments.verbose ? " -> " + result.dir : ""));
    }
    reused += result.reused;
    results.push_back(std::move(result));
  }
  if (arguments.quiet || arguments.json) return 0;
  print_table(results);
  if (reused > 0) fmt::print("{} of {} runs had finished before and were not repeated (--overwrite repeats them)\n", reused, results.size());
  fmt::print("data: {}\n", results[0].data);
  const std::string probes = cells[0].config.probes.empty() ? "" : ", probes/*.csv";
  fmt::print("results: {}/ (train.csv, eval.csv{}, summary.json)\n", results.size() == 1 ? results[0].dir : fmt::format("{}/{}/*/seed-*", arguments.out, results[0].name), probes);
  return 0;
}

}  // namespace bnlab
