// One function a command. Each returns the exit code; errors are thrown.
#pragma once

#include <string>
#include <vector>

namespace bnlab {

struct RunArguments {
  std::string config, out = "results/runs", progress = "auto", command;
  std::vector<std::string> sets;
  int threads = 0;
  bool overwrite = false, resume = false, json = false, quiet = false, verbose = false;
};
int run_command(const RunArguments& arguments);

struct SweepArguments {
  std::string experiment, scale, out = "results/runs", retry, program, launcher = "local", slurm;
  std::vector<std::string> sets;
  int jobs = 0, threads = 1;
  double timeout = 0;
  bool dry_run = false, fail_fast = false, rerun_stale = false, quiet = false;
};
int interrupted();  // says how to go on; the exit code
int sweep_command(const SweepArguments& arguments);
// Runs what it is told, one line of JSON a run, and answers with one: on stdin and stdout, or its share "i/n" of the lines of
// the file `jobs`, the answers appended to a file.
struct WorkerArguments {
  std::string out, jobs, share, answers;
  int threads = 1;
};
int worker_command(const WorkerArguments& arguments);

struct VerdictArguments {
  std::string experiment, scale, out = "results/runs", require;
  std::vector<std::string> sets;
  bool json = false;
};
int verdict_command(const VerdictArguments& arguments);
struct ReproduceArguments {
  std::vector<std::string> names;
  std::string scale, out = "results/runs", results = "results", program;
  int jobs = 0;
  bool list = false, table = false, all = false;
};
int reproduce_command(const ReproduceArguments& arguments);

struct LsArguments {
  std::string root = "results/runs";
  std::vector<std::string> where, columns;
  bool csv = false, json = false, index = false;
};
int ls_command(const LsArguments& arguments);
struct CompareArguments {
  std::string root = "results/runs";
  std::vector<std::string> where, measures, by;
  bool csv = false, json = false;
};
int compare_command(const CompareArguments& arguments);
int diff_command(const std::string& a, const std::string& b);
int tail_command(const std::string& dir, int lines, bool follow, bool spark);
int rm_command(const std::string& root, const std::vector<std::string>& where, bool yes);

struct ReportArguments {
  std::vector<std::string> what;
  std::string out = "results/runs", scale, file = "report.html";
  bool gallery = false;
};
int report_command(const ReportArguments& arguments);
struct PlotArguments {
  std::vector<std::string> what;
  std::string out = "results/runs", scale, figure, format = "svg", file;
  bool list = false;
};
int plot_command(const PlotArguments& arguments);

int validate_command(const std::vector<std::string>& configs, const std::vector<std::string>& sets);
int show_run(const std::string& dir, const std::vector<std::string>& sets, bool json);
int show_command(const std::string& config, const std::vector<std::string>& sets, bool json);
int list_command(const std::string& kind, bool json);
std::vector<std::string> listed_kinds();
int schema_command();
int data_command(const std::string& name, bool json);

struct BenchArguments {
  std::vector<std::string> workloads;
  std::string engine = "auto";
  int threads = 0;
  double seconds = 3;
  bool json = false, list = false, layers = false, convolutions = false;
};
int bench_command(const BenchArguments& arguments);
int bench_convolutions(const BenchArguments& arguments);

}  // namespace bnlab
