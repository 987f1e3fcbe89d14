// The table of criteria: claims, the contract tests and the docs see what stands here.
#include "analysis/criterion.h"

#define CRITERIA(X)                                                                                   \
  X(difference, "measure(arm) - measure(than), paired by seed, beyond a margin")                      \
  X(ratio, "measure(arm) / measure(than), paired by seed, beyond a factor")                           \
  X(equivalence, "|measure(arm) - measure(than)|, paired by seed, within a margin (TOST)")            \
  X(value, "the mean of a measure within a range")                                                    \
  X(slope, "the slope of a measure against a number of the config, within a range")                   \
  X(trend, "Kendall's tau of a measure with a number of the config, of one sign")                     \
  X(partial_trend, "Spearman's rho of a measure with a number of the config, others held, of one sign") \
  X(proportion, "the share of seeds whose measure is below, or above, a number")                      \
  X(optimum, "the ratio of the numbers of the config at which a measure is best, beyond a factor")

namespace bnlab {

#define DECLARE(name, summary) std::unique_ptr<Component> make_criterion_##name();
CRITERIA(DECLARE)

const Catalog& criteria() {
#define ENTRY(name, summary) {#name, summary, make_criterion_##name},
  static const Catalog catalog{"criterion", {CRITERIA(ENTRY)}};
  return catalog;
}

}  // namespace bnlab
