#include "analysis/rank.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/stats.h"

namespace bnlab {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr size_t most_exact = 33;

bool has_nan(const std::vector<double>& v) {
  return std::any_of(v.begin(), v.end(), [](double x) { return std::isnan(x); });
}

struct Ties {  // over groups of t equal values
  double pairs = 0, triples = 0, variance = 0;  // t(t-1)/2, t(t-1)(t-2), t(t-1)(2t+5)
};
Ties ties(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  Ties out;
  for (auto at = v.begin(); at != v.end();) {
    const auto next = std::upper_bound(at, v.end(), *at);
    const auto t = static_cast<double>(next - at);
    out.pairs += t * (t - 1) / 2, out.triples += t * (t - 1) * (t - 2), out.variance += t * (t - 1) * (2 * t + 5);
    at = next;
  }
  return out;
}

// The share of the n! orders with at most `most` inversions.
double share_of_orders(size_t n, size_t most) {
  std::vector<double> share(most + 1, 0);  // with exactly k inversions, of the orders of m
  share[0] = 1;
  for (size_t m = 2; m <= n; ++m) {
    std::vector<double> next(most + 1, 0);
    for (size_t k = 0; k <= most; ++k) {
      for (size_t moved = 0; moved < m && moved <= k; ++moved) next[k] += share[k - moved] / static_cast<double>(m);
    }
    share = next;
  }
  return std::accumulate(share.begin(), share.end(), 0.0);
}

double pearson(const std::vector<double>& x, const std::vector<double>& y) {
  const double mx = mean(x), my = mean(y);
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx), yy += (y[i] - my) * (y[i] - my), xy += (x[i] - mx) * (y[i] - my);
  }
  return xx > 0 && yy > 0 ? std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0) : nan;
}

double p_of(double r, double degrees) {
  if (std::isnan(r) || degrees < 1) return nan;
  if (std::abs(r) >= 1) return 0;
  const double t = std::abs(r) * std::sqrt(degrees / ((1 - r) * (1 + r)));
  return 2 * boost::math::cdf(boost::math::complement(boost::math::students_t(degrees), t));
}

// of the ranks v[a] and v[b], without what v[0 .. last) give
double partial(const std::vector<std::vector<double>>& v, size_t a, size_t b, size_t last) {
  if (last == 0) return pearson(v[a], v[b]);
  const size_t z = last - 1;
  const double ab = partial(v, a, b, z), az = partial(v, a, z, z), bz = partial(v, b, z, z);
  const double left = (1 - az * az) * (1 - bz * bz);
  return left > 1e-12 ? std::clamp((ab - az * bz) / std::sqrt(left), -1.0, 1.0) : nan;
}

}  // namespace

std::vector<double> middle_ranks(const std::vector<double>& values) {
  std::vector<double> sorted = values, out;
  std::sort(sorted.begin(), sorted.end());
  for (const double x : values) {
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), x);
    out.push_back(static_cast<double>((first - sorted.begin()) + (last - sorted.begin()) + 1) / 2);
  }
  return out;
}

RankCorrelation kendall(const std::vector<double>& x, const std::vector<double>& y) {
  assert(x.size() == y.size());
  if (has_nan(x) || has_nan(y)) return {nan, nan};
  const auto n = static_cast<double>(x.size()), pairs = n * (n - 1) / 2;
  double score = 0;  // concordant - discordant
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t j = 0; j < i; ++j) score += ((x[i] > x[j]) - (x[i] < x[j])) * ((y[i] > y[j]) - (y[i] < y[j]));
  }
  const Ties tx = ties(x), ty = ties(y);
  if (!(pairs > tx.pairs && pairs > ty.pairs)) return {nan, nan};
  const double tau = std::clamp(score / std::sqrt((pairs - tx.pairs) * (pairs - ty.pairs)), -1.0, 1.0);
  if (tx.pairs == 0 && ty.pairs == 0 && x.size() <= most_exact) {
    const auto fewer = static_cast<size_t>((pairs - std::abs(score)) / 2);  // of concordant and discordant ones
    return {tau, std::min(1.0, 2 * share_of_orders(x.size(), fewer))};
  }
  const double triples = n * (n - 1) * (n - 2);
  const double variance = (n * (n - 1) * (2 * n + 5) - tx.variance - ty.variance) / 18 + 2 * tx.pairs * ty.pairs / (n * (n - 1)) +
                          (triples > 0 ? tx.triples * ty.triples / (9 * triples) : 0);
  const double z = std::abs(score) / std::sqrt(variance);
  return {tau, 2 * boost::math::cdf(boost::math::complement(boost::math::normal(), z))};
}

RankCorrelation spearman(const std::vector<double>& x, const std::vector<double>& y) { return partial_spearman(x, y, {}); }

RankCorrelation partial_spearman(const std::vector<double>& x, const std::vector<double>& y, const std::vector<std::vector<double>>& controls) {
  assert(x.size() == y.size());
  std::vector<std::vector<double>> ranks;
  for (const auto& z : controls) {
    assert(z.size() == x.size());
    if (has_nan(z)) return {nan, nan};
    ranks.push_back(middle_ranks(z));
  }
  if (has_nan(x) || has_nan(y) || x.size() < 2) return {nan, nan};
  ranks.push_back(middle_ranks(x)), ranks.push_back(middle_ranks(y));
  const size_t k = controls.size();
  if (k > 0 && x.size() < k + 3) return {nan, nan};
  const double r = partial(ranks, k, k + 1, k);
  return {r, p_of(r, static_cast<double>(x.size()) - 2 - static_cast<double>(k))};
}

}  // namespace bnlab
