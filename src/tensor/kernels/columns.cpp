#include "tensor/kernels/columns.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "tensor/kernels/strips.h"

namespace bnlab {
namespace {

constexpr Index chunk_rows = 64;   // summed in T
constexpr Index strip = 64;        // channels whose sums stay in registers
constexpr Index work_of_a_piece = 1 << 15;

struct Chunks {
  Index rows, count;
  explicit Chunks(Index r) : rows(r), count((r + chunk_rows - 1) / chunk_rows) {}
  Index begin(Index k) const { return k * chunk_rows; }
  Index end(Index k) const { return std::min(rows, (k + 1) * chunk_rows); }
};

// Calls body(chunk) for all chunks, several to a piece of the pool.
template <class Body>
void for_chunks(Pool& pool, Index rows, Index channels, const Body& body) {
  const Chunks chunks(rows);
  const Pieces pieces(chunks.count, std::max<Index>(1, work_of_a_piece / (chunk_rows * std::max<Index>(1, channels))));
  pool.run(pieces.pieces, [&](int i) {
    for (Index k = pieces.begin(i); k < pieces.end(i); ++k) body(chunks.begin(k), chunks.end(k), k);
  });
}

// Matrices of few channels are read as wider ones: `fold` rows side by side, a strip in all, whose sums are added up at the
// end of a chunk.
Index fold_of(Index channels) { return channels < strip && strip % channels == 0 ? strip / channels : 1; }

// Rows begin .. end, folded where their number allows it.
template <class T>
struct Folded {
  Index fold, rows, channels;
  Folded(Index begin, Index end, Index c) : fold((end - begin) % fold_of(c) == 0 ? fold_of(c) : 1), rows((end - begin) / fold), channels(c * fold) {}
  // values[c] for every column of the folded matrix
  void spread(const T* values, T* wide) const {
    for (Index f = 0; f < fold; ++f) std::copy_n(values, channels / fold, wide + f * (channels / fold));
  }
  // wide <- per channel, the sum over the folds
  void gather(T* wide) const {
    for (Index f = 1; f < fold; ++f) {
      for (Index c = 0; c < channels / fold; ++c) wide[c] += wide[f * (channels / fold) + c];
    }
  }
};

}  // namespace

Index column_scratch(Index rows, Index channels) { return 2 * Chunks(rows).count * channels; }

template <class T>
void column_moments(Pool& pool, View<const T> x, double* mean, double* variance, double* partial) {
  const Index channels = x.c();
  for_chunks(pool, x.rows(), channels, [&](Index begin, Index end, Index k) {
    double* chunk_mean = partial + 2 * k * channels;
    double* chunk_m2 = chunk_mean + channels;
    const Folded<T> wide(begin, end, channels);
    const T* first = x.row(begin);
    for_strips<strip>(wide.channels, [&](Index c, auto width) {
      T sum[strip] = {}, m2[strip] = {}, center[strip];
      for (Index r = 0; r < wide.rows; ++r) {
        const T* row = first + r * wide.channels + c;
        for (Index j = 0; j < width; ++j) sum[j] += row[j];
      }
      wide.gather(sum);
      const Index own = wide.fold == 1 ? Index(width) : channels;  // channels whose sums stand here
      for (Index j = 0; j < own; ++j) sum[j] /= static_cast<T>(end - begin);
      if (wide.fold == 1) {
        std::copy_n(sum, own, center);
      } else {
        wide.spread(sum, center);
      }
      T residue[strip] = {};  // corrects for the rounding of the center
      for (Index r = 0; r < wide.rows; ++r) {
        const T* row = first + r * wide.channels + c;
        for (Index j = 0; j < width; ++j) {
          const T d = row[j] - center[j];
          residue[j] += d;
          m2[j] += d * d;
        }
      }
      wide.gather(residue), wide.gather(m2);
      for (Index j = 0; j < own; ++j) {
        const double n = static_cast<double>(end - begin), off = residue[j] / n;
        chunk_mean[c + j] = center[j] + off;
        chunk_m2[c + j] = std::max(0.0, m2[j] - n * off * off);
      }
    });
  });
  const Chunks chunks(x.rows());
  for (Index c = 0; c < channels; ++c) {
    double n = 0, m = 0, m2 = 0;
    for (Index k = 0; k < chunks.count; ++k) {
      const double* chunk = partial + 2 * k * channels;
      const auto nk = static_cast<double>(chunks.end(k) - chunks.begin(k));
      const double delta = chunk[c] - m, total = n + nk;
      m += delta * nk / total;
      m2 += chunk[channels + c] + delta * delta * n * nk / total;
      n = total;
    }
    mean[c] = m;
    variance[c] = m2 / n;
  }
}

namespace {

// add(entry, column, width, s1, s2) adds to the sums of a strip what stands at `entry` and behind.
template <class T, class Add>
void two_sums(Pool& pool, Index rows, Index channels, const T* center, double* first, double* second, double* partial, const Add& add) {
  for_chunks(pool, rows, channels, [&](Index begin, Index end, Index k) {
    double* one = partial + 2 * k * channels;
    double* two = one + channels;
    const Folded<T> wide(begin, end, channels);
    for_strips<strip>(wide.channels, [&](Index c, auto width) {
      T s1[strip] = {}, s2[strip] = {}, around[strip];
      if (wide.fold == 1) {
        std::copy_n(center + c, Index(width), around);
      } else {
        wide.spread(center, around);
      }
      for (Index r = 0; r < wide.rows; ++r) add(begin * channels + r * wide.channels + c, width, around, s1, s2);
      wide.gather(s1), wide.gather(s2);
      const Index own = wide.fold == 1 ? Index(width) : channels;
      for (Index j = 0; j < own; ++j) one[c + j] = s1[j], two[c + j] = s2[j];
    });
  });
  std::fill_n(first, channels, 0.0);
  std::fill_n(second, channels, 0.0);
  for (Index k = 0; k < Chunks(rows).count; ++k) {
    const double *one = partial + 2 * k * channels, *two = one + channels;
    for (Index c = 0; c < channels; ++c) first[c] += one[c], second[c] += two[c];
  }
}

}  // namespace

template <class T>
void column_sums(Pool& pool, View<const T> dy, View<const T> x, const T* center, double* first, double* second,
                 double* partial) {
  two_sums<T>(pool, x.rows(), x.c(), center, first, second, partial, [=](Index at, auto width, const T* around, T* __restrict s1, T* __restrict s2) {
    const T *g = dy.data + at, *v = x.data + at;
    for (Index j = 0; j < width; ++j) {
      s1[j] += g[j];
      s2[j] += g[j] * (v[j] - around[j]);
    }
  });
}

template <class T>
void column_sums_gated(Pool& pool, View<T> dy, const T* y, View<const T> x, const T* center, double* first, double* second,
                       double* partial) {
  two_sums<T>(pool, x.rows(), x.c(), center, first, second, partial, [=](Index at, auto width, const T* around, T* __restrict s1, T* __restrict s2) {
    T* __restrict g = dy.data + at;
    const T *out = y + at, *v = x.data + at;
    for (Index j = 0; j < width; ++j) {
      g[j] = out[j] > 0 ? g[j] : T(0);
      s1[j] += g[j];
      s2[j] += g[j] * (v[j] - around[j]);
    }
  });
}

template <class T>
void column_sum(Pool& pool, View<const T> x, double* sum, double* partial) {
  const Index channels = x.c();
  for_chunks(pool, x.rows(), channels, [&](Index begin, Index end, Index k) {
    double* one = partial + 2 * k * channels;
    for_strips<strip>(channels, [&](Index c, auto width) {
      T s[strip] = {};
      for (Index r = begin; r < end; ++r) {
        const T* row = x.row(r) + c;
        for (Index j = 0; j < width; ++j) s[j] += row[j];
      }
      for (Index j = 0; j < width; ++j) one[c + j] = s[j];
    });
  });
  std::fill_n(sum, channels, 0.0);
  for (Index k = 0; k < Chunks(x.rows()).count; ++k) {
    const double* one = partial + 2 * k * channels;
    for (Index c = 0; c < channels; ++c) sum[c] += one[c];
  }
}

namespace {

template <class T>
using Coefficients = std::array<const T*, 4>;

// map(entry, width, coefficients) over all rows, or folded rows: coefficients[i][j] belongs to the entry's j-th neighbour.
template <class T, class Map>
void for_columns(Pool& pool, Index rows, Index channels, const Coefficients<T>& per_channel, const Map& map) {
  for_chunks(pool, rows, channels, [&, map](Index begin, Index end, Index) {
    const Folded<T> wide(begin, end, channels);
    if (wide.fold == 1) {
      for (Index r = begin; r < end; ++r) map(r * channels, channels, per_channel);
      return;
    }
    T spread[std::tuple_size_v<Coefficients<T>>][strip];
    Coefficients<T> coefficients{};
    for (size_t i = 0; i < per_channel.size() && per_channel[i]; ++i) {
      wide.spread(per_channel[i], spread[i]);
      coefficients[i] = spread[i];
    }
    for (Index r = 0; r < wide.rows; ++r) map(begin * channels + r * strip, std::integral_constant<Index, strip>(), coefficients);
  });
}

}  // namespace

template <class T>
void column_affine(Pool& pool, View<const T> x, const T* center, const T* scale, const T* shift, View<T> y, const Tail<T>& tail) {
  const T *in = x.data, *skip = tail.skip;
  auto columns = [&](auto finish) {
    for_columns<T>(pool, x.rows(), x.c(), {center, scale, shift, nullptr}, [=](Index at, auto width, const Coefficients<T>& k) {
      const T *middle = k[0], *factor = k[1], *offset = k[2];
      T* __restrict out = y.data + at;
      for (Index j = 0; j < width; ++j) out[j] = finish((in[at + j] - middle[j]) * factor[j] + offset[j], at + j);
    });
  };
  if (skip && tail.rectify) {
    columns([skip](T v, Index at) { return rectified(skip[at] + v); });
  } else if (skip) {
    columns([skip](T v, Index at) { return skip[at] + v; });
  } else if (tail.rectify) {
    columns([](T v, Index) { return rectified(v); });
  } else {
    columns([](T v, Index) { return v; });
  }
}

template <class T>
void column_combine(Pool& pool, View<const T> dy, View<const T> x, const T* center, const T* a, const T* b, const T* d,
                    View<T> dx, bool add) {
  const T *g = dy.data, *in = x.data;
  auto columns = [&](auto put) {
    for_columns<T>(pool, x.rows(), x.c(), {center, a, b, d}, [=](Index at, auto width, const Coefficients<T>& k) {
      const T *middle = k[0], *of_dy = k[1], *of_x = k[2], *offset = k[3];
      T* __restrict out = dx.data + at;
      for (Index j = 0; j < width; ++j) put(out[j], of_dy[j] * g[at + j] + of_x[j] * (in[at + j] - middle[j]) + offset[j]);
    });
  };
  add ? columns([](T& to, T v) { to += v; }) : columns([](T& to, T v) { to = v; });
}

#define BNLAB_COLUMNS(T)                                                                                              \
  template void column_moments(Pool&, View<const T>, double*, double*, double*);                                     \
  template void column_sums(Pool&, View<const T>, View<const T>, const T*, double*, double*, double*);               \
  template void column_sums_gated(Pool&, View<T>, const T*, View<const T>, const T*, double*, double*, double*);     \
  template void column_sum(Pool&, View<const T>, double*, double*);                                                  \
  template void column_affine(Pool&, View<const T>, const T*, const T*, const T*, View<T>, const Tail<T>&);          \
  template void column_combine(Pool&, View<const T>, View<const T>, const T*, const T*, const T*, const T*, View<T>, bool);
BNLAB_COLUMNS(float)
BNLAB_COLUMNS(double)

}  // namespace bnlab
