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

int validate_command(const std::vector<std::string>& configs, const std::vector<std::string>& sets);
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
