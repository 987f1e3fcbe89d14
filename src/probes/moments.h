// Moments of a tensor over its rows (samples x space), averaged over channels, as in signal propagation plots (Brock, De &
// Smith 2021):
//   variance = mean_c Var_rows(x_c),   mean2 = mean_c (mean_rows x_c)^2,   second moment = variance + mean2 = mean x^2
#pragma once

#include <vector>

#include "tensor/kernels/columns.h"

namespace bnlab {

struct Moments {
  double variance = 0, mean2 = 0;
  double second() const { return variance + mean2; }
};

template <class T>
Moments moments_of(Pool& pool, View<const T> x) {
  const auto channels = static_cast<size_t>(x.c());
  std::vector<double> mean(channels), variance(channels), partial(static_cast<size_t>(column_scratch(x.rows(), x.c())));
  column_moments<T>(pool, x, mean.data(), variance.data(), partial.data());
  Moments out;
  for (size_t c = 0; c < channels; ++c) {
    out.variance += variance[c] / static_cast<double>(channels);
    out.mean2 += mean[c] * mean[c] / static_cast<double>(channels);
  }
  return out;
}

}  // namespace bnlab
