#include "train/optimizer.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "tensor/kernels/elementwise.h"
#include "train/groups.h"

namespace bnlab {
namespace {

template <class T>
struct Factors {
  T rate, decay, clip, momentum;
};

// Factors by value: seen through a reference they might alias the weights written, and nothing would be vectorized.
template <class T>
void descend(T* __restrict w, const T* __restrict g, Index n, const Factors<T> f) {
  for (Index i = 0; i < n; ++i) w[i] -= f.rate * (f.clip * g[i] + f.decay * w[i]);
}

template <class T>
void descend_momentum(T* __restrict w, const T* __restrict g, T* __restrict v, Index n, const Factors<T> f) {
  for (Index i = 0; i < n; ++i) {
    v[i] = f.momentum * v[i] + (f.clip * g[i] + f.decay * w[i]);
    w[i] -= f.rate * v[i];
  }
}

template <class T>
void descend_nesterov(T* __restrict w, const T* __restrict g, T* __restrict v, Index n, const Factors<T> f) {
  for (Index i = 0; i < n; ++i) {
    const T full = f.clip * g[i] + f.decay * w[i];
    v[i] = f.momentum * v[i] + full;
    w[i] -= f.rate * (full + f.momentum * v[i]);
  }
}

}  // namespace

template <class T>
Optimizer<T>::Optimizer(const TrainConfig& config, const Plan& plan)
    : velocity_(config.momentum > 0 ? static_cast<size_t>(plan.size(Region::parameters)) : 0, T(0)),
      adaptive_clip_(config.adaptive_clip, plan),
      momentum_(config.momentum),
      nesterov_(config.nesterov) {
  if (nesterov_ && momentum_ == 0) throw ConfigError("train.nesterov", "needs train.momentum above 0");
  if (adaptive_clip_ && config.gradient_clip > 0) {
    throw ConfigError("train.adaptive_clip.lambda", fmt::format("one kind of clipping at a time: train.gradient_clip is {}", config.gradient_clip));
  }
  std::vector<bool> used(config.groups.size(), false);
  for (const NamedSlot& entry : plan.parameters) {
    const ParameterRates rates = rates_of(config, entry);
    const Slot& slot = entry.slot;
    const Segment segment{slot.offset, slot.shape.size(), rates.learning_rate, rates.weight_decay};
    if (rates.group) used[*rates.group] = true;
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
  adaptive_clip_.apply(pool, ws);
  for (const Segment& s : segments_) {
    T* const w = ws.parameters().data + s.offset;
    const T* const g = ws.gradients().data + s.offset;
    T* const v = velocity_.empty() ? nullptr : velocity_.data() + s.offset;
    const Factors<T> f{static_cast<T>(rate * s.rate), static_cast<T>(s.decay), static_cast<T>(clip), static_cast<T>(momentum_)};
    for_ranges(pool, s.size, [&](Index begin, Index end) {
      const Index n = end - begin;
      if (!v) {
        descend(w + begin, g + begin, n, f);
      } else if (nesterov_) {
        descend_nesterov(w + begin, g + begin, v + begin, n, f);
      } else {
        descend_momentum(w + begin, g + begin, v + begin, n, f);
      }
    });
  }
}

template class Optimizer<float>;
template class Optimizer<double>;

}  // namespace bnlab
