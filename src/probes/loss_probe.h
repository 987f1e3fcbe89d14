// What the probes of the loss share: when they look, at which batch, in which modes.
#pragma once

#include "probes/loss_oracle.h"

namespace bnlab {

// A probe of the loss: it asks `measure` for each bn_mode at each look, when its batch is there.
// T: the run's scalar; U: the oracle's.
template <class T, class U>
class LossProbe : public Probe<T> {
 public:
  struct Moment {
    int64_t step;
    double rate;  // the learning rate that the run uses next
    std::string bn_mode;
  };

  void describe(Fields& f) override {
    Probe<T>::describe(f);
    choice_.describe(f);
  }
  void start(const Surroundings<T>& around) override {
    oracle_ = std::make_unique<LossOracle<U>>(around, choice_, keep(), purpose());
    schedule_ = make_as<Schedule>(schedules(), around.train.schedule);
    rate_ = around.train.learning_rate, steps_ = around.train.steps;
  }
  // The point is always the state before the step: its forward pass moves the running statistics.
  void at_state(const StateView<T>& view, Records& out) override {
    oracle_->move_to(view.ws, view.step);
    if (choice_.source != "training") look(view.step, out);
  }
  void after_backward(const GradientView<T>& view, Records& out) override {
    if (choice_.source != "training") return;
    oracle_->take(view.batch);
    look(view.step, out);
  }
  ProbeCost cost() const override { return oracle_->cost(); }

 protected:
  virtual std::string purpose() const = 0;
  virtual Keep keep() const { return Keep::needed; }
  virtual void measure(LossOracle<U>& oracle, const Moment& moment, Records& out) = 0;

  LossChoice choice_;
  std::unique_ptr<LossOracle<U>> oracle_;

 private:
  void look(int64_t step, Records& out) {
    const double rate = rate_ * schedule_->factor(std::min(step, steps_ - 1), steps_);
    for (const auto& mode : choice_.bn_modes) {
      oracle_->use(mode);
      measure(*oracle_, {step, rate, mode}, out);
    }
  }
  std::unique_ptr<Schedule> schedule_;
  double rate_ = 0;
  int64_t steps_ = 0;
};

}  // namespace bnlab
