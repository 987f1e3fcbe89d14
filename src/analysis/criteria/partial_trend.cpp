// partial_trend: per seed, Spearman's rho of the measure with a number of the config (`against`), others (`given`) held; are the
// rhos of the claimed sign? A seed needs three runs more than there are numbers that are held.
#include "analysis/criterion.h"
#include "analysis/rank.h"

namespace bnlab {
namespace {

class PartialTrend : public Criterion {
 public:
  void describe(Fields& f) override {
    direction_.describe(f);
    f.text("against", against_, "path of the config");
    f.texts("given", given_, "paths of the config that are held");
  }
  bool compares() const override { return false; }
  const char* path_key() const override { return "against"; }
  std::string along() const override { return against_; }
  std::vector<std::string> holds() const override { return given_; }
  std::string threshold() const override { return direction_.text(0); }
  Finding judge(const Side& arm, const Side&, double alpha) const override {
    std::vector<double> rhos;
    for (const Side& runs : seeds_of(arm)) {
      std::vector<double> x, y;
      std::vector<std::vector<double>> controls(given_.size());
      for (const Sample& run : runs) {
        x.push_back(run.at), y.push_back(run.value);
        for (size_t k = 0; k < controls.size(); ++k) controls[k].push_back(run.held[k]);
      }
      rhos.push_back(partial_spearman(x, y, controls).value);
    }
    Finding out = direction_.judge(rhos, 0, alpha);
    if (!out.why.empty()) out.why = "in a seed there is no such correlation: too few runs, or what is held gives the rest";
    out.statistic += " partial rho";
    return out;
  }

 private:
  DirectionOf direction_;
  std::string against_;
  std::vector<std::string> given_;
};

}  // namespace

std::unique_ptr<Component> make_criterion_partial_trend() { return std::make_unique<PartialTrend>(); }

}  // namespace bnlab
