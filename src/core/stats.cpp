#include "core/stats.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bnlab {

double mean(const std::vector<double>& values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  for (const double v : values) {
    if (std::isnan(v)) return v;
  }
  const double at = q * static_cast<double>(values.size() - 1);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(at);
  std::nth_element(values.begin(), middle, values.end());
  const double low = *middle, high = middle + 1 == values.end() ? low : *std::min_element(middle + 1, values.end());
  const double fraction = at - std::floor(at);
  return fraction > 0 && low != high ? low + fraction * (high - low) : low;  // infinite ones have no difference
}

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

}  // namespace bnlab
