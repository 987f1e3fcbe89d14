// The court: what the finished runs of an experiment say of its claims. It reads run directories and nothing else.
#pragma once

#include "analysis/claims.h"
#include "experiment/experiment.h"

namespace bnlab {

inline constexpr size_t fewest_seeds = 6;  // a two-sided sign-flip test of 5 pairs cannot reach 0.05

struct Comparison {
  std::string arm, than;
  Finding finding;
  double supporting = 1, against = 1;  // p, adjusted (Holm) over the comparisons of the claim
  size_t diverged = 0, censored = 0;   // runs that diverged; that have no finite number
  std::vector<std::string> runs;       // directories, of both sides
  std::string verdict;
};

struct Verdict {
  const Claim* claim = nullptr;
  std::string verdict;  // supported, refuted, undecided
  std::string why;      // it is undecided for another reason than its numbers
  std::vector<Comparison> comparisons;
};

struct Judgement {
  std::string name, scale, paper, what, data;
  std::vector<std::string> commits;
  size_t runs = 0, missing = 0, diverged = 0;
  double seconds = 0;  // of training, summed
  std::vector<Verdict> verdicts;
};

// The cells of an experiment with what was tuned, as runs below out; unfinished ones have no state.
std::vector<TableRun> runs_of(const Experiment& experiment, const std::string& out);

Judgement judge(const Experiment& experiment, const std::vector<Claim>& claims, const std::vector<TableRun>& runs);

Json to_json(const Judgement& judgement);
std::string to_markdown(const Judgement& judgement);  // a table, and what was seen in words

}  // namespace bnlab
