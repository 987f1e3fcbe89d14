#include "experiment/logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "core/text.h"

namespace bnlab {

template <class T>
TrainingLog<T>::TrainingLog(const TrainConfig& config, const std::string& directory, Progress& progress)
    : config_(config),
      train_(directory + "/train.csv", "step,epoch,loss,learning_rate,gradient_norm"),
      timing_(directory + "/timing.csv", "step,seconds,images_per_second"),
      progress_(progress),
      begin_(std::chrono::steady_clock::now()),
      last_(begin_) {}

template <class T>
void TrainingLog<T>::after_backward(const GradientView<T>& view) {
  progress_.at(view.step, view.loss);
  if (!logs(view.step) && std::isfinite(view.loss)) return;
  train_.line(fmt::format("{},{},{},{},{}", view.step, number(view.epoch), number(view.loss), number(view.rate), number(view.gradient_norm)));
  if (std::chrono::steady_clock::now() - last_ > std::chrono::seconds(1)) timing(view.step);
}

template <class T>
void TrainingLog<T>::timing(int64_t step) {
  const auto now = std::chrono::steady_clock::now();
  const double since = std::chrono::duration<double>(now - last_).count();
  timing_.line(fmt::format("{},{:.3f},{:.1f}", step, seconds(), static_cast<double>((step - last_step_) * config_.batch_size) / since));
  timing_.flush();
  train_.flush();
  last_ = now, last_step_ = step;
}

template <class T>
void TrainingLog<T>::at_end(const StateView<T>& view, bool) {
  timing(view.step);
}

template <class T>
double TrainingLog<T>::seconds() const {
  return seconds_before_ + std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

template <class T>
void TrainingLog<T>::archive(Archive& archive) {
  train_.archive(archive, "train_bytes");
  timing_.archive(archive, "timing_bytes");
  double so_far = seconds();
  archive.number("seconds", so_far), archive.integer("last_step", last_step_);
  if (archive.reading()) seconds_before_ = so_far;
}

template <class T>
void EvaluationLog<T>::archive(Archive& archive) {
  file_.archive(archive, "bytes");
  archive.numbers("scores", scores_);
  archive.number("seconds", seconds_);
}

template <class T>
EvaluationLog<T>::EvaluationLog(const RunConfig& config, const Dataset& data, const Loss<T>& loss, Pool& pool, const std::string& directory)
    : config_(config),
      data_(data),
      evaluation_(config.model, data, loss, config.evaluate.batch_size > 0 ? config.evaluate.batch_size : config.train.batch_size, static_cast<uint64_t>(config.seed), pool),
      file_(directory + "/eval.csv", "step,epoch,split,bn_mode,loss,accuracy") {}

template <class T>
void EvaluationLog<T>::check(const RunConfig& config, const Dataset& data) {
  for (size_t i = 0; i < config.evaluate.splits.size(); ++i) {
    if (config.evaluate.splits[i] == "validation" && data.validation.size == 0) {
      throw ConfigError(fmt::format("evaluate.splits[{}]", i), "there is no validation split; set data.validation_size");
    }
  }
}

template <class T>
void EvaluationLog<T>::at_state(const StateView<T>& view) {
  const auto& e = config_.evaluate;
  const bool due = view.step == 0 || view.step == config_.train.steps || (e.every > 0 && view.step % e.every == 0) ||
                   std::find(e.at.begin(), e.at.end(), view.step) != e.at.end();
  if (due) evaluate(view);
}

template <class T>
void EvaluationLog<T>::at_end(const StateView<T>& view, bool diverged) {
  if (diverged) evaluate(view);
}

template <class T>
void EvaluationLog<T>::evaluate(const StateView<T>& view) {
  const auto begin = std::chrono::steady_clock::now();
  for (const auto& mode_name : config_.evaluate.bn_modes) {
    evaluation_.copy(view.ws);
    if (mode_name == "recalibrated") evaluation_.recalibrate(config_.evaluate.recalibration_batches);
    const Mode mode = mode_name == "batch" ? Mode::batch_statistics : Mode::evaluate;
    for (const auto& split_name : config_.evaluate.splits) {
      const Split& split = split_name == "train" ? data_.train : split_name == "test" ? data_.test : data_.validation;
      const Score score = evaluation_.score(split, mode, config_.evaluate.at_most);
      file_.line(fmt::format("{},{},{},{},{},{}", view.step, number(view.epoch), split_name, mode_name, number(score.loss), number(score.accuracy)));
      const std::string suffix = mode_name == "running" ? "" : "_" + mode_name;
      scores_[split_name + "_loss" + suffix] = score.loss;
      scores_[split_name + "_accuracy" + suffix] = score.accuracy;
    }
  }
  file_.flush();
  seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

template class TrainingLog<float>;
template class TrainingLog<double>;
template class EvaluationLog<float>;
template class EvaluationLog<double>;

}  // namespace bnlab
