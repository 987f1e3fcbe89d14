#include "probes/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

#include "core/error.h"
#include "core/stats.h"

namespace bnlab {
namespace {

// Ascending, by four passes over the bytes of the numbers; std::sort takes three times as long for some hundred floats.
void sort_floats(float* values, Index count, std::vector<uint32_t>& memory) {
  const auto n = static_cast<size_t>(count);
  memory.resize(2 * n);
  uint32_t *from = memory.data(), *to = from + n, counts[4][256] = {};
  for (size_t i = 0; i < n; ++i) {
    const auto bits = std::bit_cast<uint32_t>(values[i]);
    from[i] = bits ^ (bits >> 31 ? 0xffffffffu : 0x80000000u);  // as integers they are in the order of the numbers
    for (int byte = 0; byte < 4; ++byte) ++counts[byte][from[i] >> (8 * byte) & 255];
  }
  for (int byte = 0; byte < 4; ++byte) {
    uint32_t place = 0;
    for (uint32_t& bucket : counts[byte]) place += std::exchange(bucket, place);
    for (size_t i = 0; i < n; ++i) to[counts[byte][from[i] >> (8 * byte) & 255]++] = from[i];
    std::swap(from, to);
  }
  for (size_t i = 0; i < n; ++i) values[i] = std::bit_cast<float>(from[i] ^ (from[i] >> 31 ? 0x80000000u : 0xffffffffu));
}

// The moments of unit u, from values in their own precision; those kept for the percentiles become sorted.
template <class T>
void summarize(Units& units, Index u, View<const T> x, Index stride, std::vector<uint32_t>& memory) {
  float* column = units.sorted.data() + u * units.rows;
  auto value = [&](Index r) { return static_cast<double>(x.at(r * stride, u)); };
  const auto m = static_cast<double>(units.rows);
  const auto k = static_cast<size_t>(u);
  double mean = 0, second = 0, third = 0;
  bool finite = true;
  for (Index r = 0; r < units.rows; ++r) {
    finite = finite && std::isfinite(column[r]);
    mean += value(r);
  }
  mean /= m;
  for (Index r = 0; r < units.rows; ++r) {
    const double d = value(r) - mean;
    second += d * d, third += d * d * d;
  }
  second /= m;
  units.mean[k] = mean, units.variance[k] = second;
  units.skewness[k] = second > 0 ? third / m / std::pow(second, 1.5) : 0;
  if (finite) sort_floats(column, units.rows, memory);
}

}  // namespace

template <class T>
Units gather(Pool& pool, View<const T> x, Index max_rows) {
  Units units;
  units.count = x.c();
  const Index stride = (x.rows() + max_rows - 1) / max_rows;
  units.rows = (x.rows() + stride - 1) / stride;
  units.sorted.resize(static_cast<size_t>(units.count * units.rows));
  const auto count = static_cast<size_t>(units.count);
  units.mean.resize(count), units.variance.resize(count), units.skewness.resize(count);
  constexpr Index side = 16;  // a cache line of each row at a time
  const Pieces pieces((units.count + side - 1) / side, 1);
  pool.run(pieces.pieces, [&](int piece) {
    std::vector<uint32_t> memory;
    for (Index u = pieces.begin(piece) * side; u < std::min(units.count, pieces.end(piece) * side); ++u) {
      if (u % side == 0) {
        const Index width = std::min(side, units.count - u);
        for (Index r = 0; r < units.rows; ++r) {
          const T* row = x.row(r * stride) + u;
          for (Index c = 0; c < width; ++c) units.sorted[static_cast<size_t>((u + c) * units.rows + r)] = static_cast<float>(row[c]);
        }
      }
      summarize<T>(units, u, x, stride, memory);
    }
  });
  return units;
}

template Units gather(Pool&, View<const float>, Index);
template Units gather(Pool&, View<const double>, Index);

double quantile_of(const Units& units, Index u, double p) {
  const float* column = units.sorted.data() + u * units.rows;
  const double at = p * static_cast<double>(units.rows - 1);
  const auto low = static_cast<Index>(at);
  const Index high = std::min(low + 1, units.rows - 1);
  return column[low] + (at - static_cast<double>(low)) * (static_cast<double>(column[high]) - column[low]);
}

Shift shift(const Units& now, const Units& then) {
  if (now.rows != then.rows || now.count != then.count) {
    throw DataError("distribution", fmt::format("an earlier look has {} x {} values, this one {} x {}; is the checkpoint of another network?", then.count, then.rows, now.count, now.rows));
  }
  Shift out;
  double moment = 0, scale = 0, distance = 0, alive = 0;
  for (Index u = 0; u < now.count; ++u) {
    const auto k = static_cast<size_t>(u);
    if (then.variance[k] > 0 && now.variance[k] > 0) {
      moment += std::abs(now.mean[k] - then.mean[k]) / std::sqrt(then.variance[k]);
      scale += 0.5 * std::abs(std::log(now.variance[k] / then.variance[k]));
      alive += 1;
    }
    const float *a = now.sorted.data() + u * now.rows, *b = then.sorted.data() + u * now.rows;
    double sum = 0;
    for (Index r = 0; r < now.rows; ++r) sum += std::abs(static_cast<double>(a[r]) - b[r]);
    distance += sum / static_cast<double>(now.rows);
  }
  out.moment = moment / alive;
  out.scale = scale / alive;
  out.w1 = distance / static_cast<double>(now.count);
  out.w1_std = out.w1 / std::sqrt(mean(then.variance));
  return out;
}

}  // namespace bnlab
