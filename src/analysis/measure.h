// One number of one run, written as text:
//   test_accuracy, hessian.eigenvalue_batch_max     a number of its summary.json
//   diverged                                        1 or 0
//   max(test_accuracy), time_to(eval:loss[split=train,bn_mode=running], 0.5)    a reducer of a series
//   config(train.learning_rate), 0.1                a number of its config, a plain one
//   two of these with " + ", " - ", " * " or " / " between them
#pragma once

#include <functional>

#include "analysis/series.h"

namespace bnlab {

struct Measured {
  double value;
  std::string why{};     // it is nan
  bool unknown = false;  // because nothing in the run goes by that name
};

class Measure {
 public:
  // UsageError, with the nearest word
  static Measure parse(const std::string& text);
  // A measure, not merely the name of one of the things that a run has.
  static bool is_formula(const std::string& text);

  // nan, and why, for a run that has neither completed nor diverged. A diverged one has whatever its files have up to there, but
  // never gets to anything: time_to is inf.
  Measured of(RunData& run) const;
  const std::string& text() const { return text_; }
  // Is divergence itself part of what is measured (`diverged`, `time_to`), so that a run that diverged is no gap?
  bool holds_when_diverged() const { return holds_when_diverged_; }

 private:
  using Term = std::function<Measured(RunData&)>;
  Term term(const std::string& text);
  Term reduced(const std::string& name, const std::vector<std::string>& arguments);
  std::string text_;
  std::vector<Term> terms_;
  char operation_ = 0;
  bool holds_when_diverged_ = false;
};

// A row a run, a column a measure; every file of a run is read once. A measure that no run knows is a UsageError.
std::vector<std::vector<Measured>> measure_all(const std::vector<Measure>& measures, const std::vector<TableRun>& runs);

}  // namespace bnlab
