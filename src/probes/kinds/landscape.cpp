// landscape: loss and gradient along lines that leave the state (Santurkar et al. 2018, sec. 3.2, figs. 4 and 10).
//
//   x_s = x - s d,  g = grad f(x),  one batch f, all parameters, s over `lengths`
//
//   direction    d                                                     norm |v| of gradients
//   gradient     eta g, eta the run's learning rate                    sqrt(sum_p ||v_p||^2)
//   random       eta ||g|| z / ||z||, z ~ N(0, I)                      the same
//   scale_free   per tensor p of parameters                            sqrt(sum_p ||W_p||^2 ||v_p||^2): that of the
//                relative ||W_p|| g_p / ||g_p||                        gradient with respect to W_p / ||W_p||
//
//   loss(s)                = f(x_s)                                    fig. 4(a): its least and largest value
//   gradient_difference(s) = |g - grad f(x_s)|                         fig. 4(b): "gradient predictiveness"
//   beta(s)                = gradient_difference(s) / (s |d|)          fig. 4(c): "effective beta-smoothness", the largest
//   eta_beta_half          = eta max_s beta(s) / 2                     1 wherever training is at the edge of stability
//
// |d| of scale_free is relative sqrt(number of tensors moved): a length in units of W_p / ||W_p||, so that nothing
// changes when weights before a norm are multiplied by a constant. A tensor of norm 0, or without gradient, stays.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.h"
#include "core/text.h"
#include "nn/table.h"
#include "probes/directions.h"
#include "probes/loss_probe.h"

namespace bnlab {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();

template <class T>
struct Line {
  Vector<T> step;               // d
  std::vector<double> weights;  // of each tensor, in the norm: 1 or ||W_p||
  bool own_units = false;       // the latter
  double length = 0;            // |d|
  std::string still;            // why |d| is 0, where it is
};

// A quantity over the points of a line.
struct Curve {
  std::vector<double> at, values;
  double least() const {
    double out = infinity;
    for (const double v : values) out = std::isfinite(v) ? std::min(out, v) : out;
    return out;
  }
  // Infinite where a value is no number.
  double most() const {
    double out = -infinity;
    for (const double v : values) out = std::isfinite(v) ? std::max(out, v) : infinity;
    return out;
  }
  std::string overflow() const {
    double first = infinity;
    for (size_t i = 0; i < at.size(); ++i) first = std::isfinite(values[i]) ? first : std::min(first, at[i]);
    return first < infinity ? "overflow at step length " + number(first) : "";
  }
};

// Rows of one direction; a value that is no number gives a reason.
struct Rows {
  Records& out;
  std::string bn_mode, prefix, lost;  // lost: why nothing can be said of this state
  void put(const std::string& metric, double value, std::string why = "", double at = nan) const {
    if (!lost.empty()) why = lost;
    if (why.empty() && !std::isfinite(value)) why = std::isnan(at) ? "overflow" : "overflow at step length " + number(at);
    out.row({.layer = "", .metric = prefix + metric, .bn_mode = bn_mode, .at = at, .value = why.empty() ? value : nan, .note = why});
  }
  void put(const std::string& metric, const Curve& curve, const std::string& why = "") const {
    for (size_t i = 0; i < curve.at.size(); ++i) put(metric, curve.values[i], why, curve.at[i]);
  }
};

// An infinite value is larger than all others, which interpolation between order statistics cannot say.
double median_with_infinities(std::vector<double> values) {
  if (values.empty()) return nan;
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

template <class T>
class Landscape : public LossProbe<T, T> {
  using typename LossProbe<T, T>::Moment;

 public:
  void describe(Fields& f) override {
    LossProbe<T, T>::describe(f);
    f.numbers("lengths", lengths_, above(0), "step lengths; of the directions gradient and random in units of the learning rate times the gradient's norm");
    f.options("directions", directions_, {"gradient", "random", "scale_free"}, "along the gradient; a random direction, as far; each tensor of parameters along its gradient, in units of its own norm");
    f.number("relative", relative_, above(0), "step length 1 of the direction scale_free, in units of each tensor's norm");
  }
  void start(const Surroundings<T>& around) override {
    for (size_t i = 1; i < lengths_.size(); ++i) {
      const auto own = lengths_.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::find(lengths_.begin(), own, *own) != own) throw ConfigError(fmt::format("probes.landscape.lengths[{}]", i), number(*own) + " stands here twice");
    }
    if (lengths_.empty()) throw ConfigError("probes.landscape.lengths", "is empty; at least one step length is needed");
    seed_ = around.seed;
    LossProbe<T, T>::start(around);
  }
  // Over the looks; an overflow on the line counts as infinite.
  void archive(Archive& archive) override { archive.lists("looks", sums_); }
  std::vector<std::pair<std::string, double>> summary() const override {
    std::vector<std::pair<std::string, double>> out;
    for (const auto& [name, values] : sums_) out.emplace_back("median_" + name, median_with_infinities(values));
    return out;
  }

 protected:
  std::string purpose() const override { return "landscape"; }

  void measure(LossOracle<T>& oracle, const Moment& moment, Records& out) override {
    const double here = oracle.gradient(oracle.point(), g_), size = norm(g_);
    Rows rows{out, moment.bn_mode, "", ""};
    rows.put("loss_here", here);
    rows.put("gradient_norm", size);
    if (!std::isfinite(here) || !std::isfinite(size)) rows.lost = "overflow at the state itself";
    for (const auto& direction : directions_) {
      rows.prefix = direction == "gradient" ? "" : direction + "_";
      walk(oracle, direction == "scale_free" ? scale_free(oracle) : straight(oracle, moment, direction == "random"), moment.rate, rows);
    }
  }

 private:
  Line<T> straight(const LossOracle<T>& oracle, const Moment& moment, bool random) const {
    Line<T> line;
    line.weights.assign(oracle.plan().parameters.size(), 1);
    line.step = random ? isotropic<T>(oracle.plan(), seed_, "landscape/random", moment.step) : g_;
    line.length = moment.rate * norm(g_);
    line.still = moment.rate > 0 ? "the gradient is 0" : "the learning rate is 0";
    const double factor = random ? line.length / norm(line.step) : moment.rate;
    for (T& d : line.step) d = static_cast<T>(factor * static_cast<double>(d));
    return line;
  }

  Line<T> scale_free(const LossOracle<T>& oracle) const {
    Line<T> line;
    const auto& tensors = oracle.plan().parameters;
    const std::vector<double> gradients = tensor_norms(oracle.plan(), g_);
    line.weights = tensor_norms(oracle.plan(), oracle.point());
    line.own_units = true;
    line.step.assign(g_.size(), T(0));
    int moved = 0;
    for (size_t p = 0; p < tensors.size(); ++p) {
      if (line.weights[p] == 0 || gradients[p] == 0) continue;
      const double factor = relative_ * line.weights[p] / gradients[p];
      const auto begin = static_cast<size_t>(tensors[p].slot.offset), end = begin + static_cast<size_t>(tensors[p].slot.shape.size());
      for (size_t i = begin; i < end; ++i) line.step[i] = static_cast<T>(factor * static_cast<double>(g_[i]));
      ++moved;
    }
    line.length = relative_ * std::sqrt(moved);
    line.still = "no tensor of parameters has both a norm and a gradient";
    return line;
  }

  // |v|
  static double size_of(const Plan& plan, const Line<T>& line, const Vector<T>& v) {
    const std::vector<double> norms = tensor_norms(plan, v);
    double sum = 0;
    for (size_t p = 0; p < norms.size(); ++p) sum += line.weights[p] * line.weights[p] * norms[p] * norms[p];
    return std::sqrt(sum);
  }

  void walk(LossOracle<T>& oracle, const Line<T>& line, double rate, const Rows& rows) {
    const size_t count = lengths_.size();
    Curve losses{lengths_, std::vector<double>(count, nan)}, differences = losses, betas = losses;
    for (size_t k = 0; k < count && rows.lost.empty(); ++k) {
      at_ = oracle.point();
      for (size_t i = 0; i < at_.size(); ++i) at_[i] -= static_cast<T>(lengths_[k] * static_cast<double>(line.step[i]));
      losses.values[k] = oracle.gradient(at_, moved_);
      for (size_t i = 0; i < moved_.size(); ++i) moved_[i] -= g_[i];
      differences.values[k] = size_of(oracle.plan(), line, moved_);
      betas.values[k] = differences.values[k] / (lengths_[k] * line.length);
    }
    put_losses(losses, rows);
    put_differences(differences, size_of(oracle.plan(), line, g_), line, rows);
    const std::string pseudo = oracle.no_hessian();
    put_betas(betas, !pseudo.empty() ? pseudo : line.length > 0 ? "" : line.still, line, rate, rows);
  }

  void put_losses(const Curve& losses, const Rows& rows) {
    const double band = losses.overflow().empty() ? std::log10(losses.most() / losses.least()) : infinity;
    const bool positive = losses.least() > 0;
    rows.put("loss", losses);
    rows.put("loss_min", losses.least());
    rows.put("loss_max", losses.most(), losses.overflow());
    rows.put("loss_band", band, positive ? losses.overflow() : "a loss on the line is not positive");
    if (rows.prefix.empty() && positive) sums_["loss_band_" + rows.bn_mode].push_back(band);
  }

  static void put_differences(const Curve& differences, double size, const Line<T>& line, const Rows& rows) {
    if (line.own_units) rows.put("gradient_norm", size);
    rows.put("gradient_difference", differences);
    rows.put("gradient_predictiveness_min", differences.least());
    rows.put("gradient_predictiveness_max", differences.most(), differences.overflow());
    rows.put("gradient_predictiveness_relative", differences.most() / size, size > 0 ? differences.overflow() : "the gradient is 0");
  }

  // undefined: why there is no beta, or ""
  void put_betas(const Curve& betas, const std::string& undefined, const Line<T>& line, double rate, const Rows& rows) {
    const std::string why = undefined.empty() ? betas.overflow() : undefined;
    const auto shortest = std::min_element(lengths_.begin(), lengths_.end()) - lengths_.begin();
    rows.put("beta", betas, undefined);
    rows.put("beta_smoothness", betas.most(), why);
    rows.put("beta_smallest_step", betas.values[static_cast<size_t>(shortest)], undefined);
    if (line.own_units) return;
    rows.put("eta_beta_half", rate * betas.most() / 2, why);
    if (rows.prefix.empty() && (undefined.empty() || !rows.lost.empty())) sums_["eta_beta_half_" + rows.bn_mode].push_back(rate * betas.most() / 2);
  }

  std::vector<double> lengths_{0.5, 1, 2, 4};
  std::vector<std::string> directions_{"gradient", "random", "scale_free"};
  double relative_ = 0.01;
  uint64_t seed_ = 0;
  Vector<T> g_, at_, moved_;
  std::map<std::string, std::vector<double>> sums_;  // of the looks along the gradient
};

}  // namespace

BNLAB_DEFINE_MAKE(probes, landscape, Landscape<T>)

}  // namespace bnlab
