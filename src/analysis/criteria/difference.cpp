// difference: d_i = s (arm_i - than_i) over seeds i, s = 1 for "greater", -1 for "less"; is d > margin?
//   supported  interval above margin and sign-flip p <= alpha
//   refuted    interval below margin and p <= alpha: an effect that is surely smaller than claimed is no support
#include "analysis/criterion.h"
#include "analysis/paired.h"

namespace bnlab {
namespace {

class Difference : public Criterion {
 public:
  void describe(Fields& f) override {
    direction_.describe(f);
    f.number("margin", margin_, at_least(0), "how much greater, or less, at the least");
  }
  std::string threshold() const override { return direction_.text(margin_); }
  Finding judge(const Side& arm, const Side& than, double alpha) const override {
    Finding out = direction_.judge(differences(by_seed(arm), by_seed(than)), margin_, alpha);
    out.statistic += " difference";
    return out;
  }

 private:
  DirectionOf direction_;
  double margin_ = 0;
};

}  // namespace

std::unique_ptr<Component> make_criterion_difference() { return std::make_unique<Difference>(); }

}  // namespace bnlab
