// sharpness: curvature along the directions in which training really goes, one product with the Hessian each.
//
//   batch_sharpness        g^T H g / ||g||^2, g and H of the same mini-batch (Andreyev & Beneventano 2025, whose Batch
//                          Sharpness is the mean over mini-batches of the training size)
//   directional_sharpness  u^T H u / ||u||^2, u = theta_(t+1) - theta_t: momentum, weight decay, clipping, all of it
//   eta_...                the same times the learning rate of that step: plain SGD hovers where eta_batch_sharpness is 2
// For plain SGD u = -eta g, and the two are one. With batches = b the mean is over the batch of the step and the b - 1
// that come next; g and H are taken in the given bn_mode.
#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.h"
#include "core/stats.h"
#include "nn/table.h"
#include "probes/loss_probe.h"

namespace bnlab {
namespace {

template <class T>
class Sharpness : public LossProbe<T, double> {
  using Oracle = LossOracle<double>;
  using Moment = typename LossProbe<T, double>::Moment;
  using Values = Vector<double>;
  struct Ratio {
    double value;
    std::string why;  // there is none, or ""
  };

 public:
  void describe(Fields& f) override {
    LossProbe<T, double>::describe(f);
    f.integer("batches", batches_, between(1, 10000), "mini-batches of the mean; more than 1 only where the source is training");
  }
  void start(const Surroundings<T>& around) override {
    if (batches_ > 1 && this->choice_.source != "training") throw ConfigError("probes.sharpness.batches", "is for the source training only; the batch of the source " + this->choice_.source + " is one");
    LossProbe<T, double>::start(around);
    steps_ = around.train.steps;
    if (batches_ > 1) next_ = std::make_unique<Batches<double>>(around.data, around.data.train, around.train.batch_size, around.seed, around.data.augment);
  }
  void after_backward(const GradientView<T>& view, Records& out) override {
    batch_ = &view.batch;
    LossProbe<T, double>::after_backward(view, out);
  }
  void after_update(const GradientView<T>& view, Records& out) override {
    this->oracle_->parameters_of(view.ws, step_taken_);
    for (size_t i = 0; i < step_taken_.size(); ++i) step_taken_[i] -= this->oracle_->point()[i];
    if (batches_ > 1) this->oracle_->take(view.batch);
    for (const auto& mode : this->choice_.bn_modes) {
      this->oracle_->use(mode);
      put("directional_sharpness", {view.step, view.rate, mode}, along(*this->oracle_, step_taken_, "the step is 0"), out);
    }
  }
  void archive(Archive& archive) override { archive.numbers("last", last_); }
  std::vector<std::pair<std::string, double>> summary() const override { return {last_.begin(), last_.end()}; }

 protected:
  std::string purpose() const override { return "sharpness"; }
  Keep keep() const override { return Keep::all; }

  void measure(Oracle& oracle, const Moment& moment, Records& out) override {
    std::vector<double> values;
    if (batches_ > 1) oracle.take(*batch_);  // the mode before left another
    Ratio ratio = of_gradient(oracle);
    for (int64_t b = 1; b < batches_ && ratio.why.empty(); ++b) {
      values.push_back(ratio.value);
      oracle.take(next_->at(moment.step + b));
      ratio = of_gradient(oracle);
    }
    values.push_back(ratio.value);
    ratio.value = mean(values);
    put("batch_sharpness", moment, ratio, out);
    if (batches_ > 1 && ratio.why.empty()) {
      double squares = 0;
      const auto n = static_cast<double>(values.size());
      for (const double v : values) squares += (v - ratio.value) * (v - ratio.value);
      out.value("", "batch_sharpness_standard_error", moment.bn_mode, std::sqrt(squares / (n - 1) / n));
    } else if (batches_ > 1) {
      out.missing("", "batch_sharpness_standard_error", moment.bn_mode, ratio.why);
    }
    if (moment.step == steps_) put("directional_sharpness", moment, {0, "no step leaves the last state"}, out);
  }

 private:
  Ratio of_gradient(Oracle& oracle) {
    if (const std::string why = oracle.no_hessian(); !why.empty()) return {0, why};
    const double loss = oracle.gradient(oracle.point(), g_);
    return along(oracle, g_, std::isfinite(loss) ? "the gradient is 0" : "the loss is no finite number");
  }
  // Of length 1 first: a product's size would follow v's, and a gradient's square may underflow.
  Ratio along(Oracle& oracle, Values v, const std::string& nowhere) {
    if (const std::string why = oracle.no_hessian(); !why.empty()) return {0, why};
    const double length = norm(v);
    if (!(length > 0) || !std::isfinite(length)) return {0, std::isnan(length) || length > 0 ? "the direction has no finite length" : nowhere};
    for (double& x : v) x /= length;
    oracle.hessian_times(v, hv_);
    const double value = dot(v, hv_);
    return std::isfinite(value) ? Ratio{value, ""} : Ratio{0, "a product with the Hessian is no finite number"};
  }
  void put(const std::string& name, const Moment& moment, const Ratio& ratio, Records& out) {
    if (!ratio.why.empty()) {
      out.missing("", name, moment.bn_mode, ratio.why);
      return out.missing("", "eta_" + name, moment.bn_mode, ratio.why);
    }
    out.value("", name, moment.bn_mode, ratio.value);
    out.value("", "eta_" + name, moment.bn_mode, moment.rate * ratio.value);
    last_["eta_" + name + "_" + moment.bn_mode + "_last"] = moment.rate * ratio.value;
  }

  int64_t batches_ = 1, steps_ = 0;
  const Batch<T>* batch_ = nullptr;  // of the step; while the run shows it
  std::unique_ptr<Batches<double>> next_;
  Values g_, hv_, step_taken_;
  std::map<std::string, double> last_;
};

}  // namespace

BNLAB_DEFINE_MAKE(probes, sharpness, Sharpness<T>)

}  // namespace bnlab
