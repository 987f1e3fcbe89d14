#include "analysis/proportion.h"

#include <boost/math/distributions/beta.hpp>
#include <cassert>
#include <limits>

namespace bnlab {

Share clopper_pearson(size_t k, size_t n, double alpha) {
  assert(k <= n && alpha > 0 && alpha < 1);
  if (n == 0) return {std::numeric_limits<double>::quiet_NaN(), 0, 1};
  const auto yes = static_cast<double>(k), no = static_cast<double>(n - k);
  // P(Binomial(n, q) >= k) is the cdf of Beta(k, n - k + 1) at q
  return {yes / static_cast<double>(n), k == 0 ? 0 : boost::math::quantile(boost::math::beta_distribution<>(yes, no + 1), alpha),
          k == n ? 1 : boost::math::quantile(boost::math::beta_distribution<>(yes + 1, no), 1 - alpha)};
}

}  // namespace bnlab
