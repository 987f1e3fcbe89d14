// Whoever listens to the training loop. Observers see the network and a const workspace; they cannot move it.
#pragma once

#include "model/network.h"

namespace bnlab {

// The state after `step` updates.
template <class T>
struct StateView {
  int64_t step;
  double epoch;
  const Workspace<T>& ws;
};

// After the backward pass of the step that makes update `step` + 1, before the update.
template <class T>
struct GradientView {
  int64_t step;
  double epoch, loss, rate;
  const Workspace<T>& ws;
  const Batch<T>& batch;  // as it was trained on: augmented, where data.augment says so
  double gradient_norm;  // nan where nobody asked
};

template <class T>
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void between_steps(int64_t /*step*/) {}      // before anything of step `step` was done
  virtual void at_state(const StateView<T>&) {}        // before each step, and once after the last
  virtual bool wants_gradient_norm(int64_t) const { return false; }
  virtual void after_backward(const GradientView<T>&) {}
  virtual void after_update(const GradientView<T>&) {}  // the same step, with the parameters it made
  virtual void at_end(const StateView<T>&, bool /*diverged*/) {}
};

template <class T>
class Observers : public Observer<T> {
 public:
  void add(Observer<T>& observer) { list_.push_back(&observer); }
  void between_steps(int64_t step) override {
    for (auto* o : list_) o->between_steps(step);
  }
  void at_state(const StateView<T>& view) override {
    for (auto* o : list_) o->at_state(view);
  }
  bool wants_gradient_norm(int64_t step) const override {
    for (const auto* o : list_) {
      if (o->wants_gradient_norm(step)) return true;
    }
    return false;
  }
  void after_backward(const GradientView<T>& view) override {
    for (auto* o : list_) o->after_backward(view);
  }
  void after_update(const GradientView<T>& view) override {
    for (auto* o : list_) o->after_update(view);
  }
  void at_end(const StateView<T>& view, bool diverged) override {
    for (auto* o : list_) o->at_end(view, diverged);
  }

 private:
  std::vector<Observer<T>*> list_;
};

}  // namespace bnlab
