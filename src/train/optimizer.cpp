#include "train/optimizer.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "tensor/kernels/elementwise.h"

namespace bnlab {

template <class T>
Optimizer<T>::Optimizer(const TrainConfig& config, const Plan& plan)
    : velocity_(config.momentum > 0 ? static_cast<size_t>(plan.size(Region::parameters)) : 0, T(0)),
      momentum_(config.momentum),
      nesterov_(config.nesterov) {
  if (nesterov_ && momentum_ == 0) throw ConfigError("train.nesterov", "needs train.momentum above 0");
  std::vector<bool> used(config.groups.size(), false);
  for (const auto& [name, slot, role] : plan.parameters) {
    Segment segment{slot.offset, slot.shape.size(), 1, config.weight_decay};
    if (!config.decay_norms_and_biases && role != Role::weight) segment.decay = 0;
    for (size_t g = 0; g < config.groups.size(); ++g) {
      if (!matches(config.groups[g].match, name)) continue;
      used[g] = true;
      segment.rate *= config.groups[g].learning_rate;
      segment.decay *= config.groups[g].weight_decay;
      break;
    }
    // neighbours of the same kind are one loop
    if (!segments_.empty() && segments_.back().rate == segment.rate && segments_.back().decay == segment.decay) {
      segments_.back().size = segment.offset + segment.size - segments_.back().offset;
    } else {
      segments_.push_back(segment);
    }
  }
  for (size_t g = 0; g < used.size(); ++g) {
    if (!used[g]) throw ConfigError(fmt::format("train.groups[{}].match", g), fmt::format("'{}' matches no parameter that an earlier group left", config.groups[g].match));
  }
}

template <class T>
double Optimizer<T>::gradient_norm(Pool& pool, const Workspace<T>& ws) const {
  const View<T> g = ws.gradients();
  return std::sqrt(dot<T>(pool, g.data, g.data, g.size()));
}

template <class T>
void Optimizer<T>::step(Pool& pool, Workspace<T>& ws, double rate, double clip) {
  T *const w = ws.parameters().data, *const g = ws.gradients().data, *const v = velocity_.data();
  const auto scale = static_cast<T>(clip), mu = static_cast<T>(momentum_);
  for (const Segment& s : segments_) {
    const auto eta = static_cast<T>(rate * s.rate), decay = static_cast<T>(s.decay);
    for_ranges(pool, s.size, [&](Index begin, Index end) {
      T *const wi = w + s.offset, *const gi = g + s.offset, *const vi = v + s.offset;
      if (mu == 0) {
        for (Index i = begin; i < end; ++i) wi[i] -= eta * (scale * gi[i] + decay * wi[i]);
      } else if (nesterov_) {
        for (Index i = begin; i < end; ++i) {
          const T full = scale * gi[i] + decay * wi[i];
          vi[i] = mu * vi[i] + full;
          wi[i] -= eta * (full + mu * vi[i]);
        }
      } else {
        for (Index i = begin; i < end; ++i) {
          vi[i] = mu * vi[i] + scale * gi[i] + decay * wi[i];
          wi[i] -= eta * vi[i];
        }
      }
    });
  }
}

template class Optimizer<float>;
template class Optimizer<double>;

}  // namespace bnlab
