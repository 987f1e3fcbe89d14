// gamma and beta, per channel: learned (affine) or the constants 1 and 0.
#pragma once

#include <algorithm>

#include "nn/layer.h"

namespace bnlab {

template <class T>
struct Affine {
  bool learned = true;
  T initial_gamma = 1;
  Slot gamma, beta;  // where not learned, constants in state that nobody moves

  void describe(Fields& f) { f.boolean("affine", learned, "learn gamma (from 1) and beta (from 0) per channel"); }
  void plan(Index channels, Planner& planner) {
    const Shape shape{1, 1, 1, channels};
    gamma = learned ? planner.parameters("gamma", shape, Role::gain) : planner.state("gamma", shape);
    beta = learned ? planner.parameters("beta", shape, Role::shift) : planner.state("beta", shape);
  }
  void initialize(Workspace<T>& ws) const {
    std::fill_n(ws[gamma].data, gamma.shape.c, initial_gamma);
    std::fill_n(ws[beta].data, beta.shape.c, T(0));
  }
  bool start_gamma(double value) {
    if (learned) initial_gamma = static_cast<T>(value);
    return learned;
  }
  void gradient(Workspace<T>& ws, Index channel, double dgamma, double dbeta) const {
    if (!learned) return;
    ws.gradient(gamma)[channel] = static_cast<T>(dgamma);
    ws.gradient(beta)[channel] = static_cast<T>(dbeta);
  }
};

}  // namespace bnlab
