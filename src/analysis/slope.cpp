#include "analysis/slope.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "core/stats.h"

namespace bnlab {

double slope(std::vector<double> x, std::vector<double> y, Log log) {
  assert(x.size() == y.size());
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (log == Log::x || log == Log::xy) std::transform(x.begin(), x.end(), x.begin(), [](double v) { return std::log(v); });
  if (log == Log::y || log == Log::xy) std::transform(y.begin(), y.end(), y.begin(), [](double v) { return std::log(v); });
  const double mx = mean(x), my = mean(y);
  if (x.size() < 2 || !std::isfinite(mx) || !std::isfinite(my)) return nan;
  if (std::all_of(x.begin(), x.end(), [&](double v) { return v == x[0]; })) return nan;
  double xx = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) xx += (x[i] - mx) * (x[i] - mx), xy += (x[i] - mx) * (y[i] - my);
  return xy / xx;
}

}  // namespace bnlab
