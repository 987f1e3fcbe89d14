// Stochastic gradient descent with momentum, as PyTorch defines it, per group of parameters:
//   g <- clipped g,   g <- g + weight_decay w,   v <- momentum v + g,   w <- w - rate (nesterov ? g + momentum v : v)
#pragma once

#include "core/pool.h"
#include "tensor/workspace.h"
#include "train/train_config.h"

namespace bnlab {

template <class T>
class Optimizer {
 public:
  Optimizer(const TrainConfig& config, const Plan& plan);

  // l2 norm of all gradients, before clipping.
  double gradient_norm(Pool& pool, const Workspace<T>& ws) const;
  // One step at `rate`; gradients are scaled by `clip` or, where asked for, clipped adaptively (in place) first.
  void step(Pool& pool, Workspace<T>& ws, double rate, double clip = 1);

  std::vector<T>& velocity() { return velocity_; }  // mirrors the parameters; all the state there is

 private:
  struct Segment {
    Index offset, size;
    double rate, decay;
  };
  std::vector<Segment> segments_;
  std::vector<T> velocity_;
  AdaptiveClip<T> adaptive_clip_;
  double momentum_;
  bool nesterov_;
};

}  // namespace bnlab
