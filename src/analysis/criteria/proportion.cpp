// proportion: the share of seeds whose measure is below (or above) a number, at least `at_least` (or at most `at_most`);
// Clopper & Pearson's bounds, each of error alpha.
#include "analysis/proportion.h"

#include <boost/math/distributions/binomial.hpp>
#include <cmath>

#include "analysis/criterion.h"
#include "core/text.h"

namespace bnlab {
namespace {

class Proportion : public Criterion {
 public:
  void describe(Fields& f) override {
    f.number("below", below_, any(), "a seed counts whose measure is below");
    f.number("above", above_, any(), "a seed counts whose measure is above");
    f.number("at_least", at_least_, between(0, 1), "share of the seeds");
    f.number("at_most", at_most_, between(0, 1), "share of the seeds");
  }
  bool compares() const override { return false; }
  std::string threshold() const override { return at_most_ < 1 ? "<= " + number(at_most_) : ">= " + number(at_least_); }
  Finding judge(const Side& arm, const Side&, double alpha) const override {
    const std::vector<double> values = by_seed(arm);
    size_t k = 0;
    for (const double v : values) k += v < below_ || v > above_;
    const Share share = clopper_pearson(k, values.size(), alpha);
    Finding out{"share of seeds", {share.estimate, share.low, share.high}, values.size()};
    const bool most = at_most_ < 1;
    const double bound = most ? at_most_ : at_least_;
    const boost::math::binomial_distribution<> draws(static_cast<double>(values.size()), bound);
    const double fewer = boost::math::cdf(draws, static_cast<double>(k)), more = k == 0 ? 1 : boost::math::cdf(boost::math::complement(draws, static_cast<double>(k) - 1));
    out.supporting = most ? fewer : more, out.against = most ? more : fewer;
    out.supports = most ? share.high <= bound : share.low >= bound;
    out.refutes = most ? share.low > bound : share.high < bound;
    return out;
  }

 private:
  double below_ = -std::numeric_limits<double>::infinity(), above_ = std::numeric_limits<double>::infinity(), at_least_ = 0.5, at_most_ = 1;
};

}  // namespace

std::unique_ptr<Component> make_criterion_proportion() { return std::make_unique<Proportion>(); }

}  // namespace bnlab
