// A grid of runs: tuned where the experiment asks for it, each run once, whatever interrupts it.
#pragma once

#include "experiment/experiment.h"
#include "experiment/index.h"
#include "experiment/launchers/launcher.h"
#include "experiment/run.h"

namespace bnlab {

struct SweepOptions {
  LaunchOptions launch;
  std::string retry;        // "", "failed", "diverged", "all": finished or failed runs that are repeated
  bool fail_fast = false, rerun_stale = false, quiet = false;
};

struct SweepResult {
  size_t runs = 0, done = 0, diverged = 0, failed = 0, reused = 0;
  bool interrupted = false;
  std::vector<RunRecord> records;  // of the cells, in their order; a state of "" where there is no run
};

class Sweep {
 public:
  Sweep(Experiment experiment, SweepOptions options);
  ~Sweep();
  // Composes, builds and plans every distinct network of the sweep without training any.
  void check();
  // What would run: lines for people.
  std::string plan();
  SweepResult run();

  // <out>/<name>
  const std::string& directory() const { return directory_; }

 private:
  SweepResult carry_out(std::vector<Cell> cells, const std::string& what);
  Experiment experiment_;
  SweepOptions options_;
  std::string directory_;
  int lock_ = -1;
};

}  // namespace bnlab
