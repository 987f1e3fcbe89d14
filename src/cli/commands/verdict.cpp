// verdict, reproduce: from an experiment to what its runs say of its claims, and to results that are kept.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "analysis/publication.h"
#include "cli/commands/commands.h"
#include "core/environment.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "experiment/sweep.h"

namespace bnlab {
namespace {

// "ioffe/activations", a folder or a file.
std::string experiment_file(const std::string& name) {
  for (const std::string& candidate : {name, name + "/experiment.json"}) {
    if (is_file(candidate)) return candidate;
  }
  for (const std::string& root : experiment_roots()) {
    if (is_file(root + "/" + name + "/experiment.json")) return root + "/" + name + "/experiment.json";
  }
  std::vector<std::string> all, of_it;  // all of the first root that there is; those of the paper, where a paper was named
  for (const std::string& root : experiment_roots()) {
    for (const auto& file : experiment_files(root)) all.push_back(experiment_name(file));
    break;
  }
  std::copy_if(all.begin(), all.end(), std::back_inserter(of_it), [&](const std::string& known) { return known.starts_with(name + "/"); });
  if (!of_it.empty()) throw UsageError(fmt::format("no experiment '{}'; of that paper there are {}", name, join(of_it)));
  throw UsageError(fmt::format("no experiment '{}'{}{}", name, did_you_mean(name, all), all.empty() ? "" : " (`bnlab reproduce --list` shows all)"));
}

int exit_code(const Judgement& judgement, const std::string& required) {
  if (required.empty()) return 0;
  const bool all = std::all_of(judgement.verdicts.begin(), judgement.verdicts.end(), [&](const Verdict& v) { return v.verdict == required; });
  return all ? 0 : 5;
}

void print_judgement(const Judgement& judgement, const std::string& directory) {
  std::vector<std::vector<std::string>> rows{{"claim", "verdict", "arm", "estimate", "from", "to", "claimed", "n", "p"}};
  auto show = [](double value) { return std::isnan(value) ? std::string("-") : fmt::format("{:.4g}", value); };
  for (const Verdict& v : judgement.verdicts) {
    for (const Comparison& c : v.comparisons) {
      const Finding& f = c.finding;
      rows.push_back({v.claim->name, v.comparisons.size() > 1 && !c.verdict.empty() ? c.verdict : v.verdict, c.arm + (c.than.empty() ? "" : " / " + c.than), show(f.interval.estimate), show(f.interval.low), show(f.interval.high),
                      v.claim->criterion->threshold(), std::to_string(f.n), show(c.verdict == "refuted" ? c.against : c.supporting)});
    }
  }
  fmt::print("{}", aligned(rows));
  std::map<std::string, std::vector<std::string>> reasons;
  for (const Verdict& v : judgement.verdicts) {
    if (!v.why.empty()) reasons[v.why].push_back(v.claim->name);
  }
  for (const auto& [why, names] : reasons) fmt::print("undecided, {}: {}\n", why, names.size() == judgement.verdicts.size() ? "all" : join(names));
  fmt::print("{}/verdict.md, verdict.json\n", directory);
}

Judgement pass_judgement(const Experiment& experiment, const std::vector<Claim>& claims, const std::string& out) {
  const std::string directory = out + "/" + experiment.name;
  if (claims.empty()) throw ConfigError("", experiment.document.explain("claims", "this experiment claims nothing; docs/claims.md says how"));
  if (!is_directory(directory)) throw FileError(directory, "there are no runs; `bnlab sweep` or `bnlab reproduce` makes them");
  const Judgement judgement = judge(experiment, claims, runs_of(experiment, out));
  write_atomically(directory + "/verdict.json", to_json(judgement).dump(2) + "\n");
  write_atomically(directory + "/verdict.md", to_markdown(judgement));
  return judgement;
}

}  // namespace

int verdict_command(const VerdictArguments& arguments) {
  const Experiment experiment = read_experiment(experiment_file(arguments.experiment), arguments.sets, arguments.scale);
  const std::vector<Claim> claims = read_claims(experiment.document);
  const Judgement judgement = pass_judgement(experiment, claims, arguments.out);
  if (arguments.json) {
    fmt::print("{}\n", to_json(judgement).dump(2));
  } else {
    print_judgement(judgement, arguments.out + "/" + experiment.name);
  }
  return exit_code(judgement, arguments.require);
}

namespace {

int list_experiments(const std::string& results) {
  std::vector<std::vector<std::string>> rows{{"experiment", "claims", "runs", "scales", "took", "supported", "refuted", "undecided", "paper"}};
  for (const std::string& root : experiment_roots()) {
    for (const auto& file : experiment_files(root)) {
      const Experiment experiment = read_experiment(file, {});
      const Published published = read_published(results + "/" + experiment_name(file));
      auto count = [&](const std::string& verdict) { return published.verdicts.empty() ? std::string("-") : std::to_string(std::count(published.verdicts.begin(), published.verdicts.end(), verdict)); };
      rows.push_back({experiment_name(file), std::to_string(read_claims(experiment.document).size()), std::to_string(every_cell(experiment).size()), join(scales_of(experiment.document), " "),
                      published.wall_seconds > 0 ? duration(published.wall_seconds) : "-", count("supported"), count("refuted"), count("undecided"), experiment.paper});
    }
    break;  // the first that there is
  }
  fmt::print("{}took: from the first run to the last verdict at the scale standard, on the machine and with the jobs that its manifest.json names; -: not run yet\n", aligned(rows));
  return 0;
}

}  // namespace

int reproduce_command(const ReproduceArguments& arguments) {
  if (arguments.list) return list_experiments(arguments.results);
  if (arguments.table) {
    write_results_table(arguments.results);
    fmt::print("{}/README.md\n", arguments.results);
    return 0;
  }
  std::vector<std::string> files;
  for (const auto& name : arguments.names) files.push_back(experiment_file(name));
  if (arguments.all) {
    for (const std::string& root : experiment_roots()) {
      files = experiment_files(root);
      break;
    }
  }
  if (files.empty()) throw UsageError("reproduce: name experiments, or --all; --list shows them");
  catch_signals();
  int code = 0;
  for (const std::string& file : files) {
    const auto begun = std::chrono::steady_clock::now();
    SweepOptions options;
    options.launch.program = arguments.program, options.launch.out = arguments.out;
    options.launch.jobs = arguments.jobs > 0 ? arguments.jobs : machine_threads();
    const Experiment experiment = read_experiment(file, {}, arguments.scale);
    const std::vector<Claim> claims = read_claims(experiment.document);
    Sweep sweep(experiment, options);
    sweep.check();
    const SweepResult result = sweep.run();
    if (result.interrupted) return interrupted();
    if (result.failed > 0) code = 4;
    const Judgement judgement = pass_judgement(experiment, claims, arguments.out);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    fmt::print("\n{} ({}): {}\n\n", experiment_name(file), experiment.scale, experiment.what);
    print_judgement(judgement, sweep.directory());
    if (experiment.scale == "standard" && judgement.missing == 0) {
      const std::string folder = arguments.results + "/" + experiment_name(file);
      publish(judgement, experiment, claims, arguments.out, folder, file, {seconds, options.launch.jobs, result.reused});
      fmt::print("{}/: what is kept\n", folder);
    }
    std::fflush(stdout);
  }
  return code;
}

}  // namespace bnlab
