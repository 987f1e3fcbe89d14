// equivalence: d_i = arm_i - than_i over seeds i; is |mean d| < margin?
//   supported  both one-sided t tests (TOST), that is: the interval of confidence 1 - 2 alpha lies within the margin
//   refuted    the interval of confidence 1 - alpha lies outside, and the sign-flip test of d -+ margin agrees
#include "analysis/equivalence.h"

#include <cmath>

#include "analysis/criterion.h"
#include "analysis/paired.h"
#include "analysis/sign_flip.h"
#include "core/text.h"

namespace bnlab {
namespace {

class EquivalenceCriterion : public Criterion {
 public:
  void describe(Fields& f) override { f.number("margin", margin_, above(0), "how far apart at the most"); }
  std::string threshold() const override { return "within " + number(margin_); }
  Finding judge(const Side& arm, const Side& than, double alpha) const override {
    std::vector<double> values = differences(by_seed(arm), by_seed(than));
    const Estimate wide = estimate(values, 1 - alpha), narrow = estimate(values, 1 - 2 * alpha);
    Finding out{wide.statistic + " difference", narrow.interval, values.size()};
    out.supporting = equivalence_test(values, margin_).p();
    out.supports = narrow.interval.low > -margin_ && narrow.interval.high < margin_;
    out.refutes = wide.interval.low > margin_ || wide.interval.high < -margin_;
    if (out.refutes) out.interval = wide.interval;
    for (double& v : values) v -= std::copysign(margin_, wide.interval.estimate);
    out.against = sign_flip_test(values).two_sided;
    if (std::isnan(out.supporting)) out.why = why_no_interval(values, "a run has no number");
    return out;
  }

 private:
  double margin_ = 0.01;
};

}  // namespace

std::unique_ptr<Component> make_criterion_equivalence() { return std::make_unique<EquivalenceCriterion>(); }

}  // namespace bnlab
