// What batch normalization makes of a gradient, unit by unit (Santurkar et al. 2018, theorem 4.1). Per unit, over the m
// rows of the batch: y its input, yhat = (y - mean) / sigma, z = gamma yhat + beta, g = dL/dz, v = dL/dy.
//
//   ||v||^2 = gamma^2 / sigma^2 (||g||^2 - (1/m) <1, g>^2 - (2 - r)/m <g, yhat>^2),   r = ||yhat||^2 / m
//
// With sigma^2 = variance + epsilon, r = variance / sigma^2, and 2 - r = 1 + epsilon / sigma^2: without epsilon it is the
// last line of the paper's proof. The theorem as printed has 1/sqrt(m) for 1/m.
#pragma once

#include <cmath>
#include <vector>

#include "tensor/shape.h"

namespace bnlab {

struct NormTerms {
  double m = 0, gamma = 0, mean = 0, variance = 0;
  double yhat_yhat = 0, g_sum = 0, g_g = 0, g_yhat = 0, v_v = 0;

  // A unit whose spread is rounding has no yhat.
  bool alive() const { return yhat_yhat > 0 && variance > 1e-16 * mean * mean; }
  bool has_gradient() const { return alive() && g_g > 0; }

  double r() const { return yhat_yhat / m; }
  double sigma() const { return std::sqrt(variance / r()); }
  double scale() const { return gamma * gamma * r() / variance; }  // gamma^2 / sigma^2
  double mean_term() const { return g_sum * g_sum / m; }
  double yhat_term() const { return (2 - r()) * g_yhat * g_yhat / m; }
  double corrected() const { return scale() * (g_g - mean_term() - yhat_term()); }
  double printed() const { return scale() * (g_g - mean_term() - g_yhat * g_yhat / std::sqrt(m)); }
  // Theorem 4.4 as printed: g_j^2 - m mean(g)^2 - lambda^2 <g, yhat>^2, g_j = lambda^2 ||g||^2
  double printed_of_weights(double lambda2) const { return scale() * (lambda2 * lambda2 * g_g * g_g - mean_term() - lambda2 * g_yhat * g_yhat); }

  // In units of what the norm would hand on if it took nothing away.
  double error() const { return gamma == 0 || g_g == 0 ? std::sqrt(v_v) : std::abs(v_v - corrected()) / (scale() * g_g); }
  bool violates_printed() const { return v_v > printed() + 1e-12 * scale() * g_g; }
};

// All rows x units; gamma: per unit. yhat is the norm's own: its output with gamma = 1 and beta = 0.
inline std::vector<NormTerms> norm_terms(View<const double> y, View<const double> yhat, View<const double> g, View<const double> v, const double* gamma) {
  const auto m = static_cast<double>(y.rows());
  std::vector<NormTerms> units(static_cast<size_t>(y.c()));
  auto each = [&](const auto& what) {
    for (Index r = 0; r < y.rows(); ++r) {
      for (Index c = 0; c < y.c(); ++c) what(units[static_cast<size_t>(c)], r, c);
    }
  };
  each([&](NormTerms& u, Index r, Index c) { u.mean += y.at(r, c) / m; });
  each([&](NormTerms& u, Index r, Index c) {
    const double from_mean = y.at(r, c) - u.mean, h = yhat.at(r, c), slope = g.at(r, c);
    u.variance += from_mean * from_mean / m;
    u.yhat_yhat += h * h;
    u.g_sum += slope;
    u.g_g += slope * slope;
    u.g_yhat += slope * h;
    u.v_v += v.at(r, c) * v.at(r, c);
  });
  for (size_t c = 0; c < units.size(); ++c) units[c].m = m, units[c].gamma = gamma[c];
  return units;
}

}  // namespace bnlab
