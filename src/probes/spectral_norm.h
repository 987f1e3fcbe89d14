// ||X||_2 of a weight layer's input: X is rows x (weights of a unit), so that y = X w for each unit (patches of a
// convolution are its rows). The layer itself multiplies by X (forward) and by X^T (the gradient of its weights): power
// iteration on X^T X with as many starts as the layer has units, until a step gains less than `tolerance`. What it finds
// is at most ||X||_2.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/node.h"

namespace bnlab {

struct WeightSlots {
  Slot weight, bias;  // no bias: an empty slot
};
inline WeightSlots weight_slots(const Plan& plan, const Node<double>& node) {
  WeightSlots out;
  for (size_t k = node.parameters_begin; k < node.parameters_end; ++k) {
    const NamedSlot& entry = plan.parameters[k];
    if (entry.name == node.parameters_name() + "/weight") out.weight = entry.slot;
    if (entry.name == node.parameters_name() + "/bias") out.bias = entry.slot;
  }
  return out;
}

// Leaves the layer's weights in pass.ws overwritten. Only for weights that are used as they are stored ("plain").
inline double spectral_norm_of_input(const Node<double>& node, const Pass<double>& pass, View<const double> x, int iterations = 100, double tolerance = 1e-7) {
  Workspace<double>& ws = pass.ws;
  const WeightSlots slots = weight_slots(ws.plan(), node);
  const View<double> w = ws[slots.weight];
  const Index units = node.shape.c, each = w.size() / units;
  if (slots.bias) std::fill_n(ws[slots.bias].data, units, 0.0);
  Stream(0, "spectral_norm").fill_normal(0, w.data, static_cast<size_t>(w.size()));
  const Shape shape = node.shape.with_n(x.shape.n);
  std::vector<double> memory(static_cast<size_t>(shape.size()));
  const View<double> y{memory.data(), shape};
  double largest = 0;
  for (int k = 0; k < iterations; ++k) {
    for (Index u = 0; u < units; ++u) {
      double size = 0;
      for (Index i = 0; i < each; ++i) size += w[u * each + i] * w[u * each + i];
      for (Index i = 0; i < each && size > 0; ++i) w[u * each + i] /= std::sqrt(size);
    }
    node.layer->forward(pass, x, y);
    std::vector<double> squares(static_cast<size_t>(units), 0);
    for (Index i = 0; i < y.size(); ++i) squares[static_cast<size_t>(i % units)] += y[i] * y[i];
    double now = 0;
    for (const double square : squares) now = std::max(now, std::sqrt(square));
    const bool settled = !(now > largest * (1 + tolerance));
    largest = std::max(largest, now);
    if (settled) break;
    node.layer->backward(pass, x, y, y, {});
    std::copy_n(ws.gradient(slots.weight), w.size(), w.data);
  }
  return largest;
}

}  // namespace bnlab
