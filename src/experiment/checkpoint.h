// <run>/checkpoints/step-<n>.safetensors: everything that a run needs to go on as if it had never been stopped.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "core/archive.h"
#include "core/fields.h"
#include "train/observer.h"

namespace bnlab {

struct CheckpointConfig {
  int64_t every = 0, keep_last = 1, keep_every = 0;
  double seconds = 60;
  void describe(Fields& f);
};

// Beside them, look-<probe>: what a long look of a probe has so far (probes/kept_points.h).
std::vector<std::string> looks_under_way(const std::string& directory);

class Checkpoints {
 public:
  // everything: says all that has a state. identity: of the config, kept in the file.
  Checkpoints(const CheckpointConfig& config, const std::string& run_directory, std::string identity, std::function<void(Archive&)> everything);

  // Before step `step`: is one due?
  void between_steps(int64_t step);
  void write(int64_t step);
  // The run has ended: what is not to be kept goes.
  void finish();

  // Takes up the newest one that can be read; the step, or nothing where there is none. Those that are damaged are named
  // in `complaints`.
  std::optional<int64_t> resume(std::vector<std::string>& complaints);

 private:
  std::vector<std::pair<int64_t, std::string>> files() const;  // by step, ascending
  void prune(int64_t keep_last);
  CheckpointConfig config_;
  std::string directory_, identity_;
  std::function<void(Archive&)> everything_;
  std::chrono::steady_clock::time_point last_;
  int64_t last_step_ = -1;
};

template <class T>
class CheckpointObserver : public Observer<T> {
 public:
  explicit CheckpointObserver(Checkpoints& checkpoints) : checkpoints_(checkpoints) {}
  void between_steps(int64_t step) override { checkpoints_.between_steps(step); }

 private:
  Checkpoints& checkpoints_;
};

}  // namespace bnlab
