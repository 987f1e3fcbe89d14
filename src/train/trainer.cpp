#include "train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/environment.h"
#include "core/error.h"
#include "core/text.h"

namespace bnlab {

const char* text(Outcome outcome) {
  switch (outcome) {
    case Outcome::completed: return "completed";
    case Outcome::diverged: return "diverged";
    case Outcome::interrupted: return "interrupted";
  }
  return "";
}

namespace {

// Memory that cannot be had is a mistake of the config, said before it is asked for.
template <class T>
const Plan& fitting(const Plan& plan) {
  double bytes = static_cast<double>(sizeof(T)) * static_cast<double>(plan.size(Region::parameters));  // gradients
  for (const Region region : {Region::parameters, Region::state, Region::cache, Region::scratch}) {
    bytes += static_cast<double>(sizeof(T)) * static_cast<double>(plan.size(region));
  }
  if (bytes > machine_memory()) {
    throw ConfigError("model", fmt::format("needs {} of memory, this machine has {}", bytes_text(bytes), bytes_text(machine_memory())));
  }
  return plan;
}

}  // namespace

template <class T>
Trainer<T>::Trainer(const ModelConfig& model, const TrainConfig& config, const Dataset& data, uint64_t seed, Pool& pool)
    : config_(config),
      data_(data),
      seed_(seed),
      pool_(pool),
      network_(build_network<T>(model, data.sample.with_n(config.batch_size), data.outputs, Keep::needed)),
      ws_(fitting<T>(network_.plan())),
      loss_(make_as<Loss<T>>(losses<T>(), config.loss)),
      schedule_(make_as<Schedule>(schedules(), config.schedule)),
      optimizer_(config, network_.plan()),
      batches_(data, data.train, config.batch_size, seed, data.augment),
      calibrations_(network_.calibrations()) {
  network_.check_batch(config.batch_size);
  if (loss_->needs_labels() && !data.classes) {
    throw ConfigError("train.loss", fmt::format("{} needs labels, but {} has numbers to predict; use mean_squared_error", config.loss.name, data.name));
  }
  network_.initialize(ws_, seed);
  Index reference = 0;
  for (const auto& wish : calibrations_) reference = std::max<Index>(reference, wish.reference_size);
  if (reference > 0) reference_ = std::make_unique<Replica<T>>(model, data, std::min(reference, data.train.size), false, seed, pool, Keep::needed);
}

template <class T>
void Trainer<T>::calibrate() {
  bool due = false;
  for (const auto& wish : calibrations_) due |= step_ == 0 || (wish.every > 0 && step_ % wish.every == 0);
  if (!due) return;
  reference_->copy(ws_);
  reference_->network().begin_calibration(reference_->ws());
  Batches<T> samples(data_, data_.train, 1, seed_);
  // a fresh reference batch each time, so that no fixed set of samples is favoured
  const Batch<T> batch = samples.sample(Stream(seed_, fmt::format("reference/{}", step_)), reference_->batch());
  reference_->forward(Mode::calibrate, batch.x, step_);
  const View<T> from = reference_->ws().state();
  std::copy_n(from.data, from.size(), ws_.state().data);
}

template <class T>
double Trainer<T>::gradients(const Batch<T>& batch) {
  const Pass<T> pass{ws_, pool_, Mode::train, seed_, step_};
  const View<T> out = network_.forward(pass, batch.x);
  const double loss = (*loss_)(out, batch, network_.top(ws_, batch.n()));
  network_.backward(pass, batch.x);
  return loss;
}

template <class T>
void Trainer<T>::archive(Archive& archive) {
  int64_t step = step_;
  archive.integer("step", step);
  archive.require(0 <= step && step <= config_.steps, fmt::format("step {} of a run of {}", step, config_.steps));
  step_ = step;
  auto each = [&](const std::vector<NamedSlot>& list, const auto& data_of) {
    for (const auto& [name, slot, role] : list) archive.tensor(name, extents(slot.shape), data_of(slot));
  };
  archive.scope("parameters", [&] { each(ws_.plan().parameters, [&](const Slot& slot) { return ws_[slot].data; }); });
  archive.scope("state", [&] { each(ws_.plan().state, [&](const Slot& slot) { return ws_[slot].data; }); });
  if (optimizer_.velocity().empty()) return;
  archive.scope("velocity", [&] { each(ws_.plan().parameters, [&](const Slot& slot) { return optimizer_.velocity().data() + slot.offset; }); });
}

template <class T>
Outcome Trainer<T>::run(Observer<T>& observer, const std::atomic<bool>& stop) {
  for (; step_ < config_.steps; ++step_) {
    if (stop) return Outcome::interrupted;
    observer.between_steps(step_);
    calibrate();
    observer.at_state({step_, epoch(), ws_});
    const Batch<T> batch = batches_.at(step_);
    const double loss = gradients(batch), rate = config_.learning_rate * schedule_->factor(step_, config_.steps);
    const bool clips = config_.gradient_clip > 0, asked = clips || observer.wants_gradient_norm(step_);
    const double norm = asked ? optimizer_.gradient_norm(pool_, ws_) : std::numeric_limits<double>::quiet_NaN();
    const GradientView<T> view{step_, epoch(), loss, rate, ws_, batch, norm};
    observer.after_backward(view);
    if (!std::isfinite(loss)) {
      observer.at_end({step_, epoch(), ws_}, true);
      return Outcome::diverged;
    }
    optimizer_.step(pool_, ws_, rate, clips && norm > config_.gradient_clip ? config_.gradient_clip / norm : 1);
    observer.after_update(view);
  }
  calibrate();
  observer.at_state({step_, epoch(), ws_});
  observer.at_end({step_, epoch(), ws_}, false);
  return Outcome::completed;
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace bnlab
