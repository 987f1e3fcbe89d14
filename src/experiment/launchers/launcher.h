// Who carries out the runs of a sweep.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bnlab {

struct Job {
  size_t id;
  std::function<std::string()> line;  // what a worker reads: {"job": id, "arm": ..., "repeat": false, "identity": ..., "config": {...}}
};

// How one run ended. outcome: completed, diverged, interrupted, failed.
struct Ended {
  size_t id;
  std::string outcome, why, dir;
  double seconds = 0;
};

// A run under way.
struct AtWork {
  size_t id;
  double seconds;  // so far
};

class Launcher {
 public:
  virtual ~Launcher() = default;
  // Runs all of them, first come first served, and says how each ended. Once `stop` is set none is begun any more and those
  // under way are asked to leave a checkpoint. `look` is called now and then meanwhile.
  virtual void run(const std::vector<Job>& jobs, const std::function<void(const Ended&)>& ended, const std::function<void()>& look, const std::atomic<bool>& stop) = 0;
  virtual std::vector<AtWork> at_work() const = 0;  // those that it knows of
};

struct LaunchOptions {
  std::string program, out, directory;  // of the results; of the sweep (logs)
  int jobs = 1, threads = 1;
  double timeout = 0;  // seconds a run may take; 0: any (local)
  bool on_slurm = false;
  std::string slurm;   // a JSON file with partition, time, ...; "": the cluster's defaults
};

std::unique_ptr<Launcher> local_launcher(const LaunchOptions& options);
std::unique_ptr<Launcher> slurm_launcher(const LaunchOptions& options);

}  // namespace bnlab
