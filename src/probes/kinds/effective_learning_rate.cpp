// effective_learning_rate: how far a step turns each weight layer. W of step t, g = dL/dW before weight decay, momentum and
// clipping, eta and lambda the layer's own rate and decay, alpha the momentum:
//   effective_learning_rate = eta / ||W||^2             the rate on the unit sphere (van Laarhoven 2017)
//   relative_update = ||W(t+1) - W(t)|| / ||W(t)||
//   angular_update  = angle between W(t) and W(t+1), radians
//   angular_equilibrium = sqrt(2 eta lambda / (1 + alpha))    where it settles for a scale-invariant W (Wan et al. 2020),
//     times sqrt(1 + 2 alpha (1 - alpha^2)) under Nesterov's momentum (the same balance, that update's own length)
//   gradient_along_weight = <W, g> / (||W|| ||g||)      0 for a scale-invariant W (Euler)
// and over layers spread = max / min of relative_update (Mehmeti-Gopel & Wand 2024).
#include <algorithm>
#include <cmath>

#include "core/stats.h"
#include "nn/table.h"
#include "probes/probe.h"
#include "train/groups.h"

namespace bnlab {
namespace {

template <class T>
double product(const T* a, const T* b, Index n) {
  double sum = 0;
  for (Index i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

// acos loses small angles to rounding: 2 atan2(||u - v||, ||u + v||) of the unit vectors does not (Kahan 2006).
template <class T>
double angle(const T* a, double norm_a, const T* b, double norm_b, Index n) {
  double apart = 0, together = 0;
  for (Index i = 0; i < n; ++i) {
    const double u = static_cast<double>(a[i]) / norm_a, v = static_cast<double>(b[i]) / norm_b;
    apart += (u - v) * (u - v), together += (u + v) * (u + v);
  }
  return 2 * std::atan2(std::sqrt(apart), std::sqrt(together));
}

template <class T>
class EffectiveLearningRate : public Probe<T> {
 public:
  void start(const Surroundings<T>& around) override { train_ = around.train; }

  void after_backward(const GradientView<T>& view, Records&) override {
    layers_.clear();
    for (const NamedSlot& entry : view.ws.plan().parameters) {
      if (entry.role != Role::weight) continue;
      const T *w = view.ws[entry.slot].data, *g = view.ws.gradient(entry.slot);
      const Index n = entry.slot.shape.size();
      layers_.push_back({entry.name.substr(0, entry.name.rfind('/')), &entry, {w, w + n}, std::sqrt(product(w, w, n)), std::sqrt(product(g, g, n)), product(w, g, n)});
    }
  }

  void after_update(const GradientView<T>& view, Records& out) override {
    std::vector<double> updates, shares;
    for (const Layer& layer : layers_) {
      const Index n = layer.entry->slot.shape.size();
      const T* now = view.ws[layer.entry->slot].data;
      double moved = 0;
      for (Index i = 0; i < n; ++i) {
        const double d = static_cast<double>(now[i]) - static_cast<double>(layer.weight[static_cast<size_t>(i)]);
        moved += d * d;
      }
      const double norm = layer.norm, next = std::sqrt(product(now, now, n));
      auto row = [&](const char* metric, const char* mode, double value, const char* why) {
        std::isfinite(value) ? out.value(layer.name, metric, mode, value) : out.missing(layer.name, metric, mode, why);
      };
      const bool finite = std::isfinite(norm + next + layer.gradient_norm);
      const char* zero = finite ? "the weights are 0" : "weights or gradient are not finite";
      const ParameterRates rates = rates_of(train_, *layer.entry);
      const double rate = view.rate * rates.learning_rate, turned = norm > 0 && next > 0 ? angle(layer.weight.data(), norm, now, next, n) : NAN;
      row("weight_norm", "", norm, zero);
      row("gradient_norm", "batch", layer.gradient_norm, zero);
      row("gradient_along_weight", "batch", layer.along / norm / layer.gradient_norm, norm > 0 && finite ? "the gradient is 0" : zero);
      row("effective_learning_rate", "", rate / (norm * norm), zero);
      row("relative_update", "", std::sqrt(moved) / norm, zero);
      row("angular_update", "", turned, zero);
      const double settled = equilibrium(rate * rates.weight_decay);
      row("angular_equilibrium", "", rates.weight_decay > 0 ? settled : NAN, "no weight decay: the norm grows on, and there is no equilibrium");
      if (std::isfinite(std::sqrt(moved) / norm)) updates.push_back(std::sqrt(moved) / norm);
      if (settled > 0 && std::isfinite(turned)) shares.push_back(turned / settled);
    }
    spread_ = NAN;
    if (updates.empty()) return out.missing("", "spread", "", "no layer has a relative update");
    const auto [least, most] = std::minmax_element(updates.begin(), updates.end());
    if (*least > 0) spread_ = *most / *least;
    std::isfinite(spread_) ? out.value("", "spread", "", spread_) : out.missing("", "spread", "", "a layer did not move");
    share_ = shares.empty() ? NAN : median(shares);
  }

  ProbeCost cost() const override { return {}; }

  // At the last look.
  void archive(Archive& archive) override { archive.number("spread", spread_), archive.number("share", share_); }
  std::vector<std::pair<std::string, double>> summary() const override {
    std::vector<std::pair<std::string, double>> out;
    if (std::isfinite(spread_)) out.emplace_back("last_spread", spread_);
    if (std::isfinite(share_)) out.emplace_back("last_median_angular_update_over_equilibrium", share_);
    return out;
  }

 private:
  struct Layer {
    std::string name;
    const NamedSlot* entry;
    std::vector<T> weight;
    double norm, gradient_norm, along;
  };

  double equilibrium(double intrinsic) const {
    const double alpha = train_.momentum, ahead = train_.nesterov ? 1 + 2 * alpha * (1 - alpha * alpha) : 1;
    return std::sqrt(2 * intrinsic * ahead / (1 + alpha));
  }

  TrainConfig train_;
  std::vector<Layer> layers_;  // before the update
  double spread_ = NAN, share_ = NAN;
};

}  // namespace

BNLAB_DEFINE_MAKE(probes, effective_learning_rate, EffectiveLearningRate<T>)

}  // namespace bnlab
