// optimum: per seed, the number of the config (`over`) at which the measure is best; is the ratio of arm's to than's beyond a
// factor? Of equals the smaller number is taken.
#include "analysis/criterion.h"
#include "analysis/paired.h"
#include "core/text.h"

namespace bnlab {
namespace {

class Optimum : public Criterion {
 public:
  void describe(Fields& f) override {
    direction_.describe(f);
    f.number("factor", factor_, above(0), "how many times greater, or less, at the least; below 1 it bounds the other way: less, 0.25 is under 4 times");
    f.text("over", over_, "path of the config");
    f.option("goal", goal_, {"max", "min"}, "the best of the measure");
  }
  const char* path_key() const override { return "over"; }
  std::string along() const override { return over_; }
  std::string threshold() const override { return direction_.text_ratio(factor_); }
  Finding judge(const Side& arm, const Side& than, double alpha) const override {
    Finding out = direction_.judge_ratio(log_ratios(best(arm), best(than)), factor_, alpha);
    out.statistic += " of optima";
    return out;
  }

 private:
  std::vector<double> best(const Side& side) const {
    std::vector<double> out;
    for (const Side& runs : seeds_of(side)) {
      const Sample* at = &runs[0];
      for (const Sample& run : runs) {
        const double gain = (goal_ == "max" ? 1 : -1) * (run.value - at->value);
        if (gain > 0 || (run.value == at->value && run.at < at->at)) at = &run;
      }
      out.push_back(at->at);
    }
    return out;
  }
  DirectionOf direction_;
  std::string over_, goal_ = "max";
  double factor_ = 1;
};

}  // namespace

std::unique_ptr<Component> make_criterion_optimum() { return std::make_unique<Optimum>(); }

}  // namespace bnlab
