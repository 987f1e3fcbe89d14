// slope: per seed, the least-squares slope of the measure against a number of the config (`against`); is its mean over seeds
// within [low, high]?
#include "analysis/slope.h"

#include "analysis/criterion.h"

namespace bnlab {
namespace {

class SlopeCriterion : public Criterion {
 public:
  void describe(Fields& f) override {
    range_.describe(f);
    f.text("against", against_, "path of the config");
    f.option("log", log_, {"", "x", "y", "xy"}, "of which the logarithm is taken");
  }
  bool compares() const override { return false; }
  const char* path_key() const override { return "against"; }
  std::string along() const override { return against_; }
  std::string threshold() const override { return range_.text(); }
  Finding judge(const Side& arm, const Side&, double alpha) const override {
    std::vector<double> slopes;
    for (const Side& runs : seeds_of(arm)) {
      std::vector<double> x, y;
      for (const Sample& run : runs) x.push_back(run.at), y.push_back(run.value);
      slopes.push_back(slope(x, y, log_ == "x" ? Log::x : log_ == "y" ? Log::y : log_ == "xy" ? Log::xy : Log::none));
    }
    Finding out = range_.judge(slopes, alpha);
    out.statistic = "mean slope";
    return out;
  }

 private:
  RangeOf range_;
  std::string against_, log_;
};

}  // namespace

std::unique_ptr<Component> make_criterion_slope() { return std::make_unique<SlopeCriterion>(); }

}  // namespace bnlab
