// gradient_shift: internal covariate shift as Santurkar et al. 2018 define it (definition 2.1). For weight layer i,
//   G  = dL/dW_i (W_1(t), ..., W_k(t))
//   G' = dL/dW_i (W_1(t+1), ..., W_{i-1}(t+1), W_i(t), ..., W_k(t))
//   l2 = ||G - G'||,   relative_l2 = ||G - G'|| / ||G||,   cosine = <G, G'> / (||G|| ||G'||)
// on the same batch with the same noise; W(t+1) is what the optimizer made of W(t). All parameters of the nodes before
// layer i move (gains, shifts and biases too), none of its own or behind it. A weight that several nodes share is one layer, at
// the place of the first.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/stats.h"
#include "nn/table.h"
#include "probes/loss_oracle.h"

namespace bnlab {
namespace {

template <class T>
class GradientShift : public Probe<T> {
 public:
  void describe(Fields& f) override {
    Probe<T>::describe(f);
    choice_.describe(f);
    f.integers("layers", layers_, at_least(1), "weight layers, counted from 1; none: all");
  }

  void start(const Surroundings<T>& around) override {
    oracle_ = std::make_unique<LossOracle<T>>(around, choice_, Keep::all, "gradient_shift");
    std::vector<int> weights;
    for (size_t i = 0; i < nodes().size(); ++i) {
      if (nodes()[i].kind == NodeKind::weight && !nodes()[i].again) weights.push_back(static_cast<int>(i));
    }
    const auto count = static_cast<int64_t>(weights.size());
    for (const int64_t layer : layers_) {
      if (layer > count) throw ConfigError("probes.gradient_shift.layers", fmt::format("{} is beyond the last weight layer, {}", layer, count));
    }
    for (int64_t layer = 1; layer <= count; ++layer) {
      if (layers_.empty() || std::find(layers_.begin(), layers_.end(), layer) != layers_.end()) measured_.push_back(weights[static_cast<size_t>(layer - 1)]);
    }
    // nothing comes before the first: its shift is 0 without a pass
    std::copy_if(measured_.begin(), measured_.end(), std::back_inserter(preceded_), [&](int i) { return nodes()[static_cast<size_t>(i)].parameters_begin > 0; });
    relative_.resize(choice_.bn_modes.size()), cosines_.resize(choice_.bn_modes.size());
  }

  // W(t), and the state that the step's forward pass finds.
  void at_state(const StateView<T>& view, Records&) override { oracle_->move_to(view.ws, view.step); }

  void after_update(const GradientView<T>& view, Records& out) override {
    if (choice_.source == "training") oracle_->take(view.batch);
    moved_ = oracle_->point();
    for (size_t e = 0; e < oracle_->plan().parameters.size(); ++e) {
      const View<T> made = view.ws[view.ws.plan().parameters[e].slot];
      std::copy_n(made.data, made.size(), moved_.begin() + oracle_->plan().parameters[e].slot.offset);
    }
    for (size_t m = 0; m < choice_.bn_modes.size(); ++m) {
      oracle_->use(choice_.bn_modes[m]);
      oracle_->gradient(oracle_->point(), before_);
      oracle_->gradients_behind(moved_, preceded_, after_);
      for (const int i : measured_) compare(nodes()[static_cast<size_t>(i)], m, out);
    }
  }

  ProbeCost cost() const override { return oracle_->cost(); }

  // Over all layers that something precedes, and all looks.
  void archive(Archive& archive) override {
    for (size_t m = 0; m < choice_.bn_modes.size(); ++m) {
      archive.scope(choice_.bn_modes[m], [&] { archive.list("relative", relative_[m]), archive.list("cosines", cosines_[m]); });
    }
  }
  std::vector<std::pair<std::string, double>> summary() const override {
    std::vector<std::pair<std::string, double>> out;
    for (size_t m = 0; m < choice_.bn_modes.size(); ++m) {
      if (relative_[m].empty()) continue;
      out.emplace_back("median_relative_l2_" + choice_.bn_modes[m], median(relative_[m]));
      out.emplace_back("median_cosine_" + choice_.bn_modes[m], median(cosines_[m]));
    }
    return out;
  }

 private:
  const std::vector<Node<T>>& nodes() const { return oracle_->network().nodes(); }

  void compare(const Node<T>& node, size_t m, Records& out) {
    const bool preceded = node.parameters_begin > 0;
    double own = 0, other = 0, product = 0, difference = 0;
    for (size_t e = node.parameters_begin; e < node.parameters_end; ++e) {
      const auto& entry = oracle_->plan().parameters[e];
      if (entry.role != Role::weight) continue;
      const auto begin = static_cast<size_t>(entry.slot.offset), end = begin + static_cast<size_t>(entry.slot.shape.size());
      for (size_t i = begin; i < end; ++i) {
        const auto a = static_cast<double>(before_[i]), b = preceded ? static_cast<double>(after_[i]) : a;
        own += a * a, other += b * b, product += a * b, difference += (a - b) * (a - b);
      }
    }
    const std::string& mode = choice_.bn_modes[m];
    auto row = [&](const char* metric, double value, const char* why) {
      std::isfinite(value) ? out.value(node.name, metric, mode, value) : out.missing(node.name, metric, mode, why);
    };
    const char *overflow = "the gradient is not finite", *undefined = std::isfinite(own + other) ? "a gradient is 0" : overflow;
    // equal gradients have cosine 1, whatever the roots round to
    const double relative = std::sqrt(difference / own), cosine = difference == 0 && own > 0 ? 1 : std::clamp(product / std::sqrt(own) / std::sqrt(other), -1.0, 1.0);
    row("gradient_norm", std::sqrt(own), overflow);
    row("l2", std::sqrt(difference), overflow);
    row("relative_l2", relative, undefined);
    row("cosine", cosine, undefined);
    if (!preceded || !std::isfinite(relative) || !std::isfinite(cosine)) return;
    relative_[m].push_back(relative), cosines_[m].push_back(cosine);
  }

  LossChoice choice_;
  std::vector<int64_t> layers_;
  std::unique_ptr<LossOracle<T>> oracle_;
  std::vector<int> measured_, preceded_;  // nodes, ascending
  Vector<T> moved_, before_, after_;
  std::vector<std::vector<double>> relative_, cosines_;  // by mode
};

}  // namespace

BNLAB_DEFINE_MAKE(probes, gradient_shift, GradientShift<T>)

}  // namespace bnlab
