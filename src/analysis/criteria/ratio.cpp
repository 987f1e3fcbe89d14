// ratio: l_i = s log(arm_i / than_i) over seeds i, s = 1 for "greater", -1 for "less"; is l > log(factor)? Decided as a
// difference is; estimate and interval are of the geometric mean (or the median) of arm / than.
#include "analysis/criterion.h"
#include "analysis/paired.h"

namespace bnlab {
namespace {

class Ratio : public Criterion {
 public:
  void describe(Fields& f) override {
    direction_.describe(f);
    f.number("factor", factor_, above(0), "how many times greater, or less, at the least; below 1 it bounds the other way: less, 0.25 is under 4 times");
  }
  bool of_ratios() const override { return true; }
  std::string threshold() const override { return direction_.text_ratio(factor_); }
  Finding judge(const Side& arm, const Side& than, double alpha) const override {
    return direction_.judge_ratio(log_ratios(by_seed(arm), by_seed(than)), factor_, alpha);
  }

 private:
  DirectionOf direction_;
  double factor_ = 1;
};

}  // namespace

std::unique_ptr<Component> make_criterion_ratio() { return std::make_unique<Ratio>(); }

}  // namespace bnlab
