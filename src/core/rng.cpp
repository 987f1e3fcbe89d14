#include "core/rng.h"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace bnlab {
namespace {

__extension__ using Wide = unsigned __int128;

uint64_t mix(uint64_t x) {  // splitmix64's finalizer
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

double unit(uint32_t high, uint32_t low) {  // 53 bits, centred: never 0, never 1
  const uint64_t bits = (static_cast<uint64_t>(high) << 32 | low) >> 11;
  return (static_cast<double>(bits) + 0.5) * 0x1p-53;
}

std::pair<double, double> box_muller(const std::array<uint32_t, 4>& r) {
  const double radius = std::sqrt(-2 * std::log(unit(r[0], r[1]))), angle = 2 * std::numbers::pi * unit(r[2], r[3]);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace

Purpose::Purpose(std::string_view name) : hash_(0xcbf29ce484222325u) {  // FNV-1a
  for (const char c : name) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
}

Stream::Stream(uint64_t seed, Purpose purpose) : key_(mix(mix(seed) ^ purpose.hash_)) {}

std::array<uint32_t, 4> Stream::block(uint64_t step, uint64_t index) const {
  const r123::Philox4x32::ctr_type counter = {{static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32),
                                               static_cast<uint32_t>(step), static_cast<uint32_t>(step >> 32)}};
  const r123::Philox4x32::key_type key = {{static_cast<uint32_t>(key_), static_cast<uint32_t>(key_ >> 32)}};
  const auto out = r123::Philox4x32()(counter, key);
  return {out[0], out[1], out[2], out[3]};
}

double Stream::uniform(uint64_t step, uint64_t index) const {
  const auto r = block(step, index);
  return unit(r[0], r[1]);
}

double Stream::normal(uint64_t step, uint64_t index) const {
  const auto pair = box_muller(block(step, index / 2));
  return index % 2 ? pair.second : pair.first;
}

uint64_t Stream::below(uint64_t step, uint64_t index, uint64_t n) const {
  const auto r = block(step, index);
  const auto product = static_cast<Wide>(static_cast<uint64_t>(r[0]) << 32 | r[1]) * n;
  return static_cast<uint64_t>(product >> 64);
}

std::vector<uint32_t> Stream::permutation(uint64_t step, uint32_t n) const {
  std::vector<uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  for (uint32_t i = n; i > 1; --i) std::swap(order[i - 1], order[below(step, i, i)]);
  return order;
}

template <class T>
void Stream::fill_uniform(uint64_t step, T* out, size_t count) const {
  for (size_t i = 0; i < count; i += 4) {
    const auto r = block(step, i / 4);
    for (size_t k = 0; k < 4 && i + k < count; ++k) {
      out[i + k] = static_cast<T>((static_cast<double>(r[k]) + 0.5) * 0x1p-32);
    }
  }
}

template <class T>
void Stream::fill_normal(uint64_t step, T* out, size_t count) const {
  for (size_t i = 0; i < count; i += 2) {
    const auto pair = box_muller(block(step, i / 2));
    out[i] = static_cast<T>(pair.first);
    if (i + 1 < count) out[i + 1] = static_cast<T>(pair.second);
  }
}

template void Stream::fill_uniform(uint64_t, float*, size_t) const;
template void Stream::fill_uniform(uint64_t, double*, size_t) const;
template void Stream::fill_normal(uint64_t, float*, size_t) const;
template void Stream::fill_normal(uint64_t, double*, size_t) const;

}  // namespace bnlab
