// The training loop.
#pragma once

#include <atomic>

#include "core/archive.h"
#include "data/batches.h"
#include "model/model.h"
#include "train/observer.h"
#include "train/optimizer.h"
#include "train/replica.h"
#include "train/schedule.h"

namespace bnlab {

enum class Outcome { completed, diverged, interrupted };
const char* text(Outcome outcome);

template <class T>
class Trainer {
 public:
  Trainer(const ModelConfig& model, const TrainConfig& config, const Dataset& data, uint64_t seed, Pool& pool);

  // Runs from the first step to the last, calling out each to the observer. A loss that is not finite ends it. Leaves
  // between two steps when `stop` is set.
  Outcome run(Observer<T>& observer, const std::atomic<bool>& stop);

  const Network<T>& network() const { return network_; }
  Workspace<T>& workspace() { return ws_; }
  const Loss<T>& loss() const { return *loss_; }
  Batches<T>& batches() { return batches_; }
  int64_t step() const { return step_; }
  // All that the next step depends on: parameters and state by name, velocity, the step.
  void archive(Archive& archive);
  double epoch() const { return static_cast<double>(step_) / static_cast<double>(batches_.per_epoch()); }

  // Forward, loss and backward over a batch at the current step; the gradients are in the workspace.
  double gradients(const Batch<T>& batch);
  // Statistics that some norms take from a reference batch, where they are due at this step.
  void calibrate();

 private:
  const TrainConfig& config_;
  const Dataset& data_;
  uint64_t seed_;
  Pool& pool_;
  Network<T> network_;
  Workspace<T> ws_;
  std::unique_ptr<Loss<T>> loss_;
  std::unique_ptr<Schedule> schedule_;
  Optimizer<T> optimizer_;
  Batches<T> batches_;
  std::unique_ptr<Replica<T>> reference_;  // only where a norm asks for it
  std::vector<Calibration> calibrations_;
  int64_t step_ = 0;
};

}  // namespace bnlab
