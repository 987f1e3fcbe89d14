#include "train/adaptive_clip.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"

namespace bnlab {
namespace {

template <class T>
double norm(const T* x, Index count) {
  constexpr Index lanes = 16;
  double sum[lanes] = {}, total = 0;
  Index k = 0;
  for (; k + lanes <= count; k += lanes) {
    for (Index j = 0; j < lanes; ++j) sum[j] += static_cast<double>(x[k + j]) * static_cast<double>(x[k + j]);
  }
  for (; k < count; ++k) sum[0] += static_cast<double>(x[k]) * static_cast<double>(x[k]);
  for (const double s : sum) total += s;
  return std::sqrt(total);
}

}  // namespace

void AdaptiveClipConfig::describe(Fields& f) {
  f.number("lambda", lambda, at_least(0),
           "longest gradient of a unit, as a share of its weights' length; 0: no clipping");
  f.number("epsilon", epsilon, above(0), "weights count as at least this long, so that zeros can grow");
}

template <class T>
AdaptiveClip<T>::AdaptiveClip(const AdaptiveClipConfig& config, const Plan& plan)
    : lambda_(config.lambda), epsilon_(config.epsilon) {
  if (lambda_ == 0) return;
  for (const auto& [name, slot, role] : plan.parameters) {
    if (matches("output/linear/*", name)) continue;
    const Shape s = slot.shape;
    const Index units = s.sample() == 1 ? 1 : s.n, size = s.size() / units;
    for (Index u = 0; u < units; ++u) units_.push_back({slot.offset + u * size, size});
  }
  // cut by a rule of the sizes alone; a unit is never cut, so its sum has one order whatever the threads
  const Index least = std::max<Index>(1 << 14, plan.size(Region::parameters) / 64);
  Index filled = least;
  for (size_t u = 0; u < units_.size(); ++u) {
    if (filled >= least) pieces_.push_back(u), filled = 0;
    filled += units_[u].size;
  }
  pieces_.push_back(units_.size());
}

template <class T>
void AdaptiveClip<T>::apply(Pool& pool, const Workspace<T>& ws) const {
  if (lambda_ == 0) return;
  const T* const w = ws.parameters().data;
  T* const g = ws.gradients().data;
  pool.run(static_cast<int>(pieces_.size()) - 1, [&](int k) {
    for (size_t u = pieces_[static_cast<size_t>(k)]; u < pieces_[static_cast<size_t>(k) + 1]; ++u) {
      const auto [offset, size] = units_[u];
      const double length = norm(g + offset, size), bound = lambda_ * std::max(norm(w + offset, size), epsilon_);
      if (!(length > bound)) continue;
      const T factor = static_cast<T>(bound / length);
      for (Index i = offset; i < offset + size; ++i) g[i] *= factor;
    }
  });
}

template class AdaptiveClip<float>;
template class AdaptiveClip<double>;

}  // namespace bnlab
