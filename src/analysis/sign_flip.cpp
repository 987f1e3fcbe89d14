#include "analysis/sign_flip.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/rank.h"
#include "core/rng.h"

namespace bnlab {
namespace {

constexpr size_t most_exact = 20;
constexpr int64_t flips = 100000;

struct Tails {
  double seen, tolerance;  // sums of the same numbers with the same signs may differ in their last bits, by their order
  int64_t greater = 0, less = 0, beyond = 0, all = 0;
  void count(double sum) {
    greater += sum >= seen - tolerance;
    less += sum <= seen + tolerance;
    beyond += std::abs(sum) >= std::abs(seen) - tolerance;
    ++all;
  }
};

// The sums of v[begin .. end) under all signs.
std::vector<double> all_sums(const std::vector<double>& v, size_t begin, size_t end) {
  std::vector<double> sums{0};
  for (size_t i = begin; i < end; ++i) {
    const size_t before = sums.size();
    for (size_t k = 0; k < before; ++k) sums.push_back(sums[k] - v[i]), sums[k] += v[i];
  }
  return sums;
}

}  // namespace

std::vector<double> signed_ranks(const std::vector<double>& differences) {
  std::vector<double> sizes;
  for (const double d : differences) sizes.push_back(std::abs(d));
  std::vector<double> out = middle_ranks(sizes);
  for (size_t i = 0; i < out.size(); ++i) out[i] *= differences[i] > 0 ? 1 : differences[i] < 0 ? -1 : 0;
  return out;
}

SignFlip sign_flip_test(std::vector<double> v, uint64_t seed) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (std::any_of(v.begin(), v.end(), [](double x) { return std::isnan(x); })) return {nan, nan, nan};
  SignFlip out;
  out.ranks = std::any_of(v.begin(), v.end(), [](double x) { return std::isinf(x); });
  if (out.ranks) v = signed_ranks(v);
  out.exact = v.size() <= most_exact;
  double seen = 0, size = 0;
  for (const double x : v) seen += x, size += std::abs(x);
  Tails tails{seen, 1e-12 * size};
  if (out.exact) {
    const auto left = all_sums(v, 0, v.size() / 2), right = all_sums(v, v.size() / 2, v.size());
    for (const double l : left) {
      for (const double r : right) tails.count(l + r);
    }
  } else {
    tails.count(seen);
    const Stream stream(seed, "sign_flip");
    for (int64_t k = 1; k < flips; ++k) {
      double sum = 0;
      for (size_t i = 0; i < v.size(); i += 128) {
        const auto bits = stream.block(static_cast<uint64_t>(k), i / 128);
        for (size_t j = 0; j < 128 && i + j < v.size(); ++j) sum += bits[j / 32] >> (j % 32) & 1 ? v[i + j] : -v[i + j];
      }
      tails.count(sum);
    }
  }
  const auto share = [&](int64_t count) { return static_cast<double>(count) / static_cast<double>(tails.all); };
  out.two_sided = share(tails.beyond), out.greater = share(tails.greater), out.less = share(tails.less);
  return out;
}

}  // namespace bnlab
