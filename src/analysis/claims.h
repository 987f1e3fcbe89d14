// `claims` of an experiment: sentences that its runs decide, each by a criterion that was written down before them.
#pragma once

#include <memory>
#include <optional>

#include "analysis/criterion.h"
#include "analysis/measure.h"
#include "core/document.h"

namespace bnlab {

struct Claim {
  std::string name, says, paper;  // paper: its number, in words
  std::string criterion_name;
  std::unique_ptr<Criterion> criterion;
  std::string measured;
  std::optional<Measure> measure;
  Json where;                    // conditions on both sides: {"train.batch_size": 4}
  std::vector<Json> arms;        // a comparison each; a pattern of labels, or conditions
  Json than;
  std::string over, take;        // several runs of a seed that differ in this number of the config: the best (of accuracies the largest, else the smallest), largest or smallest counts
  double alpha = 0.05;
  bool of_accuracy() const;  // more is better; of everything else less
  double worst() const;  // what a run that diverged counts as: no accuracy at all, else infinitely much (of a loss, a time, a gradient)
  std::optional<double> diverged_is;  // else worst()
  bool as_measured = false;           // diverged_is "as_measured": what its files have up to there
};

// Strict: ConfigErrors with file and line. None where the experiment has none.
std::vector<Claim> read_claims(const Document& experiment);

}  // namespace bnlab
