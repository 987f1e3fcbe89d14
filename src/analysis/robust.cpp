#include "analysis/robust.h"

#include <algorithm>
#include <cmath>

#include "core/stats.h"

namespace bnlab {

double interquartile_mean(std::vector<double> values) {
  for (const double x : values) {
    if (std::isnan(x)) return x;
  }
  std::sort(values.begin(), values.end());
  const auto cut = static_cast<std::ptrdiff_t>(values.size() / 4);
  return mean({values.begin() + cut, values.end() - cut});
}

}  // namespace bnlab
