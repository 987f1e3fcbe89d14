#include "probes/trace.h"

#include <cmath>
#include <limits>

#include "core/stats.h"
#include "probes/loss_oracle.h"

namespace bnlab {

Trace trace(const SymmetricOperator& a, const Draw& draw, size_t size, int64_t products) {
  const auto each = static_cast<uint64_t>(products / 3);
  Trace out;
  std::vector<std::vector<double>> q;
  std::vector<double> v(size, 0), av;
  for (uint64_t k = 0; k < each; ++k) {
    draw(k, v);
    a(v, av);
    out.finite = out.finite && std::isfinite(dot(av, av));
    if (out.finite && orthonormalize(q, av)) q.push_back(av);
  }
  for (const auto& b : q) {
    a(b, av);
    out.value += dot(b, av);
  }
  std::vector<double> rest;
  for (uint64_t k = 0; k < each; ++k) {
    draw(each + k, v);
    for (const auto& b : q) {
      const double along = dot(b, v);
      for (size_t i = 0; i < size; ++i) v[i] -= along * b[i];
    }
    a(v, av);
    rest.push_back(dot(v, av));
  }
  const double middle = mean(rest), n = static_cast<double>(each);
  double squares = 0;
  for (const double r : rest) squares += (r - middle) * (r - middle);
  out.value += middle;
  out.standard_error = each > 1 ? std::sqrt(squares / (n - 1) / n) : std::numeric_limits<double>::quiet_NaN();
  out.finite = out.finite && std::isfinite(out.value);
  return out;
}

}  // namespace bnlab
