// One run, from a cell to its directory.
#pragma once

#include <functional>
#include <map>

#include "experiment/cells.h"
#include "experiment/progress.h"
#include "model/network.h"

namespace bnlab {

struct RunOptions {
  std::string out = "results/runs", command;
  int threads = 0;  // 0: as the config says
  bool overwrite = false, resume = false, quiet = false, verbose = false;
  // Where one short run follows the other: a run's files reach the disk, and it is called completed, while the next one
  // trains. The status of the last ones is right when the Runner is gone, and says so where that failed.
  bool settle_behind = false;
};

struct RunResult {
  std::string dir, name, arm, outcome;  // completed, diverged, interrupted
  int64_t seed = 0, steps = 0;
  double seconds = 0;
  std::string data;              // the dataset, with what must be said beside its numbers
  bool reused = false;           // finished before, not repeated
  bool batch_statistics = true;  // does any layer tell running from batch statistics?
  std::map<std::string, double> final;    // train_loss, test_loss, test_accuracy, ...
  std::map<std::string, double> probes;   // "distribution.median_...": value
};

// What a cell comes to, before anything is computed.
struct Built {
  const RunConfig& config;
  const Dataset& data;
  const Network<float>& network;
  const std::string& notice;  // said where the data are not those asked for
};

// Datasets stay loaded from one cell to the next.
class Runner {
 public:
  Runner(RunOptions options, Progress& progress);
  ~Runner();
  // Everything that can be known to be wrong is known before the directory is made. Throws Interrupted after a signal.
  // repeat: a finished run is replaced once this one begins.
  RunResult run(const Cell& cell, bool repeat = false);
  // Loads, builds and plans; throws what is wrong, with its place. Writes nothing. Shows what it built to `look`.
  void check(const Cell& cell, const std::function<void(const Built&)>& look = {});
  // Of a training step, and of one evaluation, measured over a few batches; probes left out.
  struct Pace {
    double step = 0, evaluation = 0;
  };
  Pace pace(const Cell& cell);
  int64_t steps(const Cell& cell);  // that it will train, epochs counted

 private:
  struct State;
  void load(const Cell& cell, RunConfig& config);
  std::unique_ptr<State> state_;
};

}  // namespace bnlab
