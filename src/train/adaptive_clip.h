// Adaptive gradient clipping (Brock et al. 2021, sec. 4): for every unit i of a parameter w with gradient g,
//   g_i <- lambda max(|w_i|, epsilon) / |g_i| g_i    where |g_i| > lambda max(|w_i|, epsilon), else g_i
// A unit is a row of a weight (one output, over its fan-in); gains, shifts, biases and weights of one row or one column
// are one unit each. The last linear layer is left alone. As in the authors' optim.py.
#pragma once

#include "core/fields.h"
#include "core/pool.h"
#include "tensor/workspace.h"

namespace bnlab {

struct AdaptiveClipConfig {
  double lambda = 0, epsilon = 1e-3;
  void describe(Fields& f);
};

template <class T>
class AdaptiveClip {
 public:
  AdaptiveClip(const AdaptiveClipConfig& config, const Plan& plan);
  explicit operator bool() const { return lambda_ > 0; }
  // Shortens the gradients of `ws` in place; those of units within their bound keep their bytes.
  void apply(Pool& pool, const Workspace<T>& ws) const;

 private:
  struct Unit {
    Index offset, size;
  };
  std::vector<Unit> units_;
  std::vector<size_t> pieces_;  // units pieces_[k] .. pieces_[k + 1] - 1 are one piece of work
  double lambda_, epsilon_;
};

}  // namespace bnlab
