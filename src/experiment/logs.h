// What every run writes down: train.csv, timing.csv, eval.csv.
#pragma once

#include <chrono>
#include <map>

#include "core/files.h"
#include "experiment/progress.h"
#include "experiment/run_config.h"
#include "train/evaluation.h"
#include "train/observer.h"

namespace bnlab {

// train.csv: step,epoch,loss,learning_rate,gradient_norm - the loss of the batch that makes the next update.
// timing.csv: step,seconds,images_per_second - kept apart, so that the other files are the same bytes every time.
template <class T>
class TrainingLog : public Observer<T> {
 public:
  TrainingLog(const TrainConfig& config, const std::string& directory, Progress& progress);
  bool wants_gradient_norm(int64_t step) const override { return logs(step); }
  void after_backward(const GradientView<T>& view) override;
  void at_end(const StateView<T>& view, bool diverged) override;
  void archive(Archive& archive);
  double seconds() const;  // of training so far

 private:
  bool logs(int64_t step) const { return step % config_.log_every == 0 || step + 1 == config_.steps; }
  void timing(int64_t step);
  const TrainConfig& config_;
  CsvFile train_, timing_;
  Progress& progress_;
  std::chrono::steady_clock::time_point begin_, last_;
  int64_t last_step_ = 0;
  double seconds_before_ = 0;  // of the runs that this one goes on with
};

// eval.csv: step,epoch,split,bn_mode,loss,accuracy
template <class T>
class EvaluationLog : public Observer<T> {
 public:
  EvaluationLog(const RunConfig& config, const Dataset& data, const Loss<T>& loss, Pool& pool, const std::string& directory);
  // What cannot be evaluated as asked, as a ConfigError.
  static void check(const RunConfig& config, const Dataset& data);

  void at_state(const StateView<T>& view) override;
  void at_end(const StateView<T>& view, bool diverged) override;
  // The latest scores: {"test_loss", "test_accuracy", "train_loss", ...} in running mode, "test_accuracy_batch" else.
  const std::map<std::string, double>& last() const { return scores_; }
  double seconds() const { return seconds_; }
  void archive(Archive& archive);

 private:
  void evaluate(const StateView<T>& view);
  const RunConfig& config_;
  const Dataset& data_;
  Evaluation<T> evaluation_;
  CsvFile file_;
  std::map<std::string, double> scores_;
  double seconds_ = 0;
};

}  // namespace bnlab
