// A probe looks at the run and pushes only its own replica. It reads the live workspace through a const view; what it
// measures goes into rows.
#pragma once

#include "core/archive.h"
#include "probes/cadence.h"
#include "probes/records.h"
#include "train/observer.h"
#include "train/replica.h"
#include "train/schedule.h"
#include "train/train_config.h"

namespace bnlab {

// What a probe may know of the run it watches.
template <class T>
struct Surroundings {
  const ModelConfig& model;
  const TrainConfig& train;
  const Dataset& data;
  const Loss<T>& loss;
  uint64_t seed;
  Pool& pool;
  std::string folder{};  // for what a look under way keeps; "": nothing is kept
};

struct ProbeCost {
  int64_t forwards = 0, backwards = 0;  // passes over the probe's own batch
};

template <class T>
class Probe : public Component {
 public:
  void describe(Fields& f) override { cadence_.describe(f); }
  bool due(int64_t step, int64_t last) const { return cadence_.due(step, last); }

  virtual void start(const Surroundings<T>& around) = 0;
  virtual void at_state(const StateView<T>&, Records&) {}
  // Of the step that leaves the state; there is none at the last state.
  virtual void after_backward(const GradientView<T>&, Records&) {}
  virtual void after_update(const GradientView<T>&, Records&) {}
  virtual ProbeCost cost() const = 0;
  // What later looks depend on beside the state that is looked at, and what the summary sums up.
  virtual void archive(Archive&) {}
  // The few numbers that belong into the summary of a run: name -> value.
  virtual std::vector<std::pair<std::string, double>> summary() const { return {}; }

 protected:
  // What the config says where it says nothing; 0: first and last state only.
  void by_default_every(int64_t steps) { cadence_ = Cadence(steps); }

 private:
  Cadence cadence_;
};

template <class T>
const Catalog& probes();

}  // namespace bnlab
