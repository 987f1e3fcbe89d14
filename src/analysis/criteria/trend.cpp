// trend: per seed, Kendall's tau of the measure with a number of the config (`against`); are the taus of the claimed sign?
#include "analysis/criterion.h"
#include "analysis/rank.h"

namespace bnlab {
namespace {

class Trend : public Criterion {
 public:
  void describe(Fields& f) override {
    direction_.describe(f);
    f.text("against", against_, "path of the config");
  }
  bool compares() const override { return false; }
  const char* path_key() const override { return "against"; }
  std::string along() const override { return against_; }
  std::string threshold() const override { return direction_.text(0); }
  Finding judge(const Side& arm, const Side&, double alpha) const override {
    std::vector<double> taus;
    for (const Side& runs : seeds_of(arm)) {
      std::vector<double> x, y;
      for (const Sample& run : runs) x.push_back(run.at), y.push_back(run.value);
      taus.push_back(kendall(x, y).value);
    }
    Finding out = direction_.judge(taus, 0, alpha);
    out.statistic += " Kendall's tau";
    return out;
  }

 private:
  DirectionOf direction_;
  std::string against_;
};

}  // namespace

std::unique_ptr<Component> make_criterion_trend() { return std::make_unique<Trend>(); }

}  // namespace bnlab
