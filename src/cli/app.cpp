#include "cli/app.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "build_info.h"
#include "build_stamp.h"
#include "cli/commands/commands.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "nn/engines/engine.h"
#include "report/static.h"
#include "tensor/kernels/gemm.h"

namespace bnlab {
namespace {

std::string executable_path() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

std::string version() {
  return fmt::format("bnlab {} ({}{})\n{}, {}\n{}\n{}", BNLAB_VERSION, std::string(BNLAB_COMMIT).substr(0, 12), BNLAB_DIRTY ? ", changed since" : "",
                     BNLAB_COMPILER, BNLAB_FLAGS, blas_description(), engines_description());
}

// CLI11 says that something is unexpected; people want to hear what they may have meant.
std::string advice(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> known;
  for (const auto* command : app.get_subcommands([](const CLI::App* c) { return !c->get_group().empty(); })) known.push_back(command->get_name());
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.empty() || word[0] == '-') continue;
    for (const auto& name : known) {
      if (name == word) return fmt::format("`bnlab {} --help` says what it takes", word);
    }
    return fmt::format("'{}' is no command{} (known: {})", word, did_you_mean(word, known), join(known));
  }
  return "`bnlab --help` lists the commands";
}

void add_sets(CLI::App* command, std::vector<std::string>& sets) {
  command->add_option("--set", sets, "PATH=VALUE laid over the config, e.g. train.steps=100 (may be repeated)")->expected(1)->take_all()->allow_extra_args(false);
}

}  // namespace

int run_app(int argc, char** argv) {
  CLI::App app{"bnlab: experiments on why Batch Normalization works", "bnlab"};
  app.require_subcommand(1);
  app.set_version_flag("--version", version());
  app.footer(
      "Examples:\n"
      "  bnlab run configs/quickstart.json\n"
      "  bnlab run configs/quickstart.json --set train.steps=2000 --set model.activation=tanh\n"
      "  bnlab show configs/quickstart.json\n"
      "  bnlab list norms\n"
      "Exit codes: 0 done (also when a run diverged), 2 your input, 3 files or data, 4 some runs failed, 5 a verdict is not what --require says, 130 interrupted,\n1 a mistake of the program.");
  std::function<int()> chosen;

  RunArguments run;
  auto* run_app = app.add_subcommand("run", "train what a config says, and measure");
  run_app->add_option("CONFIG", run.config, "JSON, // comments allowed")->required();
  add_sets(run_app, run.sets);
  run_app->add_option("--out", run.out, "where runs are kept")->capture_default_str();
  run_app->add_option("--threads", run.threads, "0: as the config says; results do not depend on it")->check(CLI::Range(0, 1024));
  auto* overwrite = run_app->add_flag("--overwrite", run.overwrite, "repeat finished runs");
  run_app->add_flag("--resume", run.resume, "go on with runs that were stopped, from their last checkpoint")->excludes(overwrite);
  run_app->add_option("--progress", run.progress, "auto, tty, plain or none")->check(CLI::IsMember({"auto", "tty", "plain", "none"}))->capture_default_str();
  run_app->add_flag("--json", run.json, "one JSON object per finished run on stdout and nothing else");
  run_app->add_flag("-q,--quiet", run.quiet, "say nothing but errors");
  run_app->add_flag("-v,--verbose", run.verbose, "say where files are written");
  run_app->footer(
      "Runs every cell of the config in turn. A finished run is not repeated unless told so.\n"
      "Examples:\n"
      "  bnlab run configs/quickstart.json\n"
      "  bnlab run configs/ioffe_mnist.json --set 'vary=[]' --set model.norm=batch_norm --set seed=7\n"
      "  bnlab run configs/quickstart.json --json | jq .final.test_accuracy");
  for (int i = 0; i < argc; ++i) run.command += (i ? " " : "") + std::string(argv[i]);
  run_app->callback([&] { chosen = [&] { return run_command(run); }; });

  std::vector<std::string> configs, validate_sets;
  auto* validate = app.add_subcommand("validate", "read, build and plan configs without running them");
  validate->add_option("CONFIG", configs)->required();
  add_sets(validate, validate_sets);
  validate->callback([&] { chosen = [&] { return validate_command(configs, validate_sets); }; });

  std::string show_config;
  std::vector<std::string> show_sets;
  bool show_json = false;
  auto* show = app.add_subcommand("show", "the network of a config as a table, with its norms marked; or a run that is there");
  show->add_option("CONFIG", show_config, "a config, or the directory of a run")->required();
  add_sets(show, show_sets);
  show->add_flag("--json", show_json);
  show->footer("Example:\n  bnlab show configs/quickstart.json --set model.placement=after_activation\n  bnlab show results/runs/quickstart/batch_norm-*/seed-1");
  show->callback([&] { chosen = [&] { return is_directory(show_config) ? show_run(show_config, show_sets, show_json) : show_command(show_config, show_sets, show_json); }; });

  SweepArguments sweep;
  sweep.program = executable_path();
  auto* sweep_app = app.add_subcommand("sweep", "run a grid: tuned where asked, each run once, going on where it was stopped");
  sweep_app->add_option("EXPERIMENT", sweep.experiment, "a config with `vary`, and `tune` where arms choose a value for themselves")->required();
  add_sets(sweep_app, sweep.sets);
  sweep_app->add_option("--out", sweep.out, "where the directories of results go")->capture_default_str();
  sweep_app->add_option("--scale", sweep.scale, "of the experiment's `scales`: quick, full, ... (standard: the body)");
  sweep_app->add_option("--jobs", sweep.jobs, "runs at a time; 0: as many as there are cores")->check(CLI::Range(0, 4096));
  sweep_app->add_option("--threads", sweep.threads, "of each run")->check(CLI::Range(1, 1024))->capture_default_str();
  sweep_app->add_option("--retry", sweep.retry, "runs of an earlier sweep that are repeated: failed, diverged or all")->check(CLI::IsMember({"failed", "diverged", "all"}));
  sweep_app->add_option("--timeout", sweep.timeout, "seconds that a run may take; 0: any")->check(CLI::Range(0.0, 1e9));
  sweep_app->add_option("--launcher", sweep.launcher, "local processes, or a job array on a Slurm cluster")->check(CLI::IsMember({"local", "slurm"}))->capture_default_str();
  sweep_app->add_option("--slurm", sweep.slurm, "JSON with partition, account, time, memory, tasks, ...: docs/cluster.md");
  sweep_app->add_flag("--dry-run", sweep.dry_run, "say what would run and about how long, and stop");
  sweep_app->add_flag("--fail-fast", sweep.fail_fast, "begin no further run once one has failed");
  sweep_app->add_flag("--rerun-stale", sweep.rerun_stale, "repeat runs that another build has made");
  sweep_app->add_flag("-q,--quiet", sweep.quiet, "errors only");
  sweep_app->footer("Examples:\n  bnlab sweep configs/scalings.json --dry-run\n  bnlab sweep configs/scalings.json --jobs 2\nExit codes: 0 all runs have ended (diverged ones too), 4 some failed, 130 interrupted: the same command goes on.");
  sweep_app->callback([&] { chosen = [&] { return sweep_command(sweep); }; });

  VerdictArguments verdict;
  auto* verdict_app = app.add_subcommand("verdict", "what the finished runs of an experiment say of its claims");
  verdict_app->add_option("EXPERIMENT", verdict.experiment, "a file, a folder, or a name that `reproduce --list` shows")->required();
  add_sets(verdict_app, verdict.sets);
  verdict_app->add_option("--scale", verdict.scale, "as for sweep");
  verdict_app->add_option("--out", verdict.out, "where the directories of results are")->capture_default_str();
  verdict_app->add_option("--require", verdict.require, "exit with 5 unless every claim is that")->check(CLI::IsMember({"supported", "refuted", "undecided"}));
  verdict_app->add_flag("--json", verdict.json);
  verdict_app->footer("Example:\n  bnlab verdict ioffe/activations --require supported");
  verdict_app->callback([&] { chosen = [&] { return verdict_command(verdict); }; });

  ReproduceArguments reproduce;
  reproduce.program = executable_path();
  auto* reproduce_app = app.add_subcommand("reproduce", "an experiment from its runs to its verdict, kept in results/");
  reproduce_app->add_option("NAMES", reproduce.names, "of experiments");
  reproduce_app->add_option("--scale", reproduce.scale, "quick to see it work, standard (what decides and is kept), full as published");
  reproduce_app->add_option("--jobs", reproduce.jobs, "runs at a time; 0: as many as there are cores")->check(CLI::Range(0, 4096));
  reproduce_app->add_option("--out", reproduce.out, "where the directories of results go")->capture_default_str();
  reproduce_app->add_option("--results", reproduce.results, "where what is kept goes")->capture_default_str();
  reproduce_app->add_flag("--list", reproduce.list, "all experiments, how long each took, and what came out");
  reproduce_app->add_flag("--all", reproduce.all, "all of them");
  reproduce_app->add_flag("--table", reproduce.table, "write the table of all claims, results/README.md");
  reproduce_app->footer("Examples:\n  bnlab reproduce --list\n  bnlab reproduce ioffe/activations --scale quick\n  bnlab reproduce de_smith/depth");
  reproduce_app->callback([&] { chosen = [&] { return reproduce_command(reproduce); }; });

  ReportArguments report;
  auto* report_app = app.add_subcommand("report", "one HTML page of runs or an experiment: pictures, outcomes, verdicts; the page needs no network");
  report_app->add_option("WHAT", report.what, "run directories, directories of runs, experiments, or folders of results");
  report_app->add_option("-o,--file", report.file, "the page")->capture_default_str();
  report_app->add_option("--out", report.out, "where the runs of experiments are")->capture_default_str();
  report_app->add_option("--scale", report.scale, "of an experiment, as for sweep");
  report_app->add_flag("--gallery", report.gallery, "instead: the figures of every folder below WHAT (results), and its README.md that shows them");
  report_app->footer("Examples:\n  bnlab report results/runs/quickstart -o quickstart.html\n  bnlab report ioffe/activations\n  bnlab report results/ioffe/activations\n  bnlab report --gallery");
  report_app->callback([&] { chosen = [&] { return report_command(report); }; });

  PlotArguments plot;
  auto* plot_app = app.add_subcommand("plot", "the figures of `report` as files");
  plot_app->add_option("WHAT", plot.what, "as for report");
  plot_app->add_option("--what", plot.figure, "one figure (all that there is something for)");
  plot_app->add_option("--format", plot.format, join(formats()))->check(CLI::IsMember(formats()))->capture_default_str();
  plot_app->add_option("-o,--file", plot.file, "a file (of one figure), a directory, or - (csv and json)");
  plot_app->add_option("--out", plot.out, "where the runs of experiments are")->capture_default_str();
  plot_app->add_option("--scale", plot.scale, "of an experiment, as for sweep");
  plot_app->add_flag("--list", plot.list, "every figure, and what it needs");
  plot_app->footer("Examples:\n  bnlab plot results/runs/quickstart --what learning_curves\n  bnlab plot results/runs/quickstart --format pdf -o figures\n  bnlab plot results/runs/quickstart --what percentiles --format csv -o -");
  plot_app->callback([&] { chosen = [&] { return plot_command(plot); }; });

  LsArguments ls;
  auto* ls_app = app.add_subcommand("ls", "runs that are there: filtered, with columns of choice");
  ls_app->add_option("ROOT", ls.root, "where to look")->capture_default_str();
  ls_app->add_option("--where", ls.where, "PATH=PATTERN, e.g. model.norm=batch_norm or state=diverged (may be repeated: all must hold)")->expected(1)->take_all()->allow_extra_args(false);
  ls_app->add_option("--columns", ls.columns, "fields, numbers of the summary, paths of the config, measures: arm,seed,'max(test_accuracy)'")->expected(1)->take_all()->allow_extra_args(false);
  ls_app->add_flag("--csv", ls.csv);
  ls_app->add_flag("--json", ls.json, "one object a run");
  ls_app->add_flag("--index", ls.index, "write ROOT/index.csv instead");
  ls_app->footer("Examples:\n  bnlab ls --where state=diverged\n  bnlab ls results/runs/scalings --columns arm,model.scaling,test_accuracy --csv\n  bnlab ls --columns arm,seed,'time_to(test_accuracy, 0.9)'");
  ls_app->callback([&] { chosen = [&] { return ls_command(ls); }; });

  CompareArguments compare;
  auto* compare_app = app.add_subcommand("compare", "arms over seeds: mean, 95 % interval, n");
  compare_app->add_option("ROOT", compare.root, "where to look")->capture_default_str();
  compare_app->add_option("--where", compare.where, "as for ls")->expected(1)->take_all()->allow_extra_args(false);
  compare_app->add_option("--measure", compare.measures, "numbers of the summary or of series: docs/sweeps.md (test_accuracy)")->expected(1)->take_all()->allow_extra_args(false);
  compare_app->add_option("--by", compare.by, "what makes a group (arm; of several experiments name,arm)")->delimiter(',');
  compare_app->add_flag("--csv", compare.csv);
  compare_app->add_flag("--json", compare.json, "one object a row");
  compare_app->footer("Example:\n  bnlab compare results/runs/quickstart --by model.norm --measure test_accuracy,'max(test_accuracy)'");
  compare_app->callback([&] { chosen = [&] { return compare_command(compare); }; });

  std::string diff_a, diff_b;
  auto* diff = app.add_subcommand("diff", "what two runs have different: configs and numbers");
  diff->add_option("A", diff_a, "directory of a run")->required();
  diff->add_option("B", diff_b, "directory of another")->required();
  diff->callback([&] { chosen = [&] { return diff_command(diff_a, diff_b); }; });

  std::string tail_dir;
  int tail_lines = 10;
  bool follow = false, spark = false;
  auto* tail = app.add_subcommand("tail", "the last rows of a run's train.csv, or its course in a few lines");
  tail->add_option("DIR", tail_dir, "directory of a run")->required();
  auto* rows = tail->add_option("-n", tail_lines, "rows")->check(CLI::Range(1, 1000000))->capture_default_str();
  tail->add_flag("-f,--follow", follow, "until the run ends");
  tail->add_flag("--spark", spark, "sparklines of loss, gradient and scores instead of rows; with -f drawn again until the run ends")->excludes(rows);
  tail->callback([&] { chosen = [&] { return tail_command(tail_dir, tail_lines, follow, spark); }; });

  std::string rm_root = "results/runs";
  std::vector<std::string> rm_where;
  bool rm_yes = false;
  auto* rm = app.add_subcommand("rm", "remove runs; without --yes it only says which");
  rm->add_option("ROOT", rm_root, "where to look")->capture_default_str();
  rm->add_option("--where", rm_where, "as for ls")->expected(1)->take_all()->allow_extra_args(false);
  rm->add_flag("--yes", rm_yes);
  rm->footer("Example:\n  bnlab rm --where state=failed --yes");
  rm->callback([&] { chosen = [&] { return rm_command(rm_root, rm_where, rm_yes); }; });

  WorkerArguments worker;
  auto* worker_app = app.add_subcommand("worker", "")->group("");  // started by sweep
  worker_app->add_option("--out", worker.out)->required();
  worker_app->add_option("--threads", worker.threads);
  worker_app->add_option("--jobs", worker.jobs);
  worker_app->add_option("--share", worker.share);
  worker_app->add_option("--answers", worker.answers);
  worker_app->callback([&] { chosen = [&] { return worker_command(worker); }; });

  std::string kind;
  bool list_json = false;
  auto* list = app.add_subcommand("list", "what a config may name: " + join(listed_kinds()));
  list->add_option("KIND", kind);
  list->add_flag("--json", list_json);
  list->footer("Example:\n  bnlab list norms");
  list->callback([&] { chosen = [&] { return list_command(kind, list_json); }; });

  app.add_subcommand("schema", "the JSON Schema of configs, for editors")->callback([&] { chosen = [] { return schema_command(); }; });

  std::string data_name;
  bool data_json = false;
  auto* data = app.add_subcommand("data", "which datasets are here, which are missing and how to get them");
  data->add_option("NAME", data_name, "one dataset only");
  data->add_flag("--json", data_json);
  data->callback([&] { chosen = [&] { return data_command(data_name, data_json); }; });

  BenchArguments bench;
  auto* bench_app = app.add_subcommand("bench", "time of a training step, engine only");
  auto* workload = bench_app->add_option("--workload", bench.workloads, "which (all)")->delimiter(',');
  auto* engine = bench_app->add_option("--engine", bench.engine, "of convolutions, as engine.convolution of a config")->check(CLI::IsMember(convolution_engines()))->capture_default_str();
  bench_app->add_option("--threads", bench.threads, "0: as many as the machine has, up to 4")->check(CLI::Range(0, 1024));
  bench_app->add_option("--seconds", bench.seconds, "measuring time of each")->check(CLI::Range(0.01, 3600.0))->capture_default_str();
  bench_app->add_flag("--json", bench.json, "one JSON object a workload");
  auto* layers = bench_app->add_flag("--layers", bench.layers, "how long each layer takes, and its engine");
  bench_app->add_flag("--convolutions", bench.convolutions, "instead: each engine of a convolution, its time and its distance from double")->excludes(workload, engine, layers);
  bench_app->add_flag("--list", bench.list, "name the workloads");
  bench_app->callback([&] { chosen = [&] { return bench.convolutions ? bench_convolutions(bench) : bench_command(bench); }; });

  try {
    app.parse(argc, argv);
    return chosen();
  } catch (const CLI::CallForHelp& e) {
    return app.exit(e);
  } catch (const CLI::CallForAllHelp& e) {
    return app.exit(e);
  } catch (const CLI::CallForVersion& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    fmt::print(stderr, "bnlab: {}; {}\n", e.what(), advice(app, argc, argv));
    return 2;
  } catch (const Interrupted&) {
    fmt::print(stderr, "bnlab: interrupted; the same command with --resume goes on where it stopped\n");
    return 130;
  } catch (const Error& e) {
    fmt::print(stderr, "bnlab: {}\n", e.what());
    return e.exit_code();
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "bnlab: not enough memory\n");
    return 3;
  } catch (const std::exception& e) {
    fmt::print(stderr, "bnlab: internal error: {}\n", e.what());
    return 1;
  }
}

}  // namespace bnlab
