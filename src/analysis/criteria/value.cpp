// value: is the mean of the measure over seeds within [low, high]? (TOST by Student's t; the interval's confidence is 1 - 2 alpha)
#include "analysis/criterion.h"

namespace bnlab {
namespace {

class ValueCriterion : public Criterion {
 public:
  void describe(Fields& f) override { range_.describe(f); }
  bool compares() const override { return false; }
  std::string threshold() const override { return range_.text(); }
  Finding judge(const Side& arm, const Side&, double alpha) const override { return range_.judge(by_seed(arm), alpha); }

 private:
  RangeOf range_;
};

}  // namespace

std::unique_ptr<Component> make_criterion_value() { return std::make_unique<ValueCriterion>(); }

}  // namespace bnlab
