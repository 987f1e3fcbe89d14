#include "tensor/kernels/columns.h"

#include <algorithm>

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

// body(first channel, width): full strips have a width the compiler knows.
template <class Body>
void for_strips(Index channels, const Body& body) {
  for (Index c = 0; c < channels; c += strip) body(c, std::min(strip, channels - c));
}

}  // namespace

Index column_scratch(Index rows, Index channels) { return 2 * Chunks(rows).count * channels; }

template <class T>
void column_moments(Pool& pool, View<const T> x, double* mean, double* variance, double* partial) {
  const Index channels = x.c();
  for_chunks(pool, x.rows(), channels, [&](Index begin, Index end, Index k) {
    double* chunk_mean = partial + 2 * k * channels;
    double* chunk_m2 = chunk_mean + channels;
    for_strips(channels, [&](Index c, Index width) {
      T sum[strip] = {}, m2[strip] = {}, center[strip];
      for (Index r = begin; r < end; ++r) {
        const T* row = x.row(r) + c;
        for (Index j = 0; j < width; ++j) sum[j] += row[j];
      }
      for (Index j = 0; j < width; ++j) center[j] = sum[j] / static_cast<T>(end - begin);
      T residue[strip] = {};  // corrects for the rounding of the center
      for (Index r = begin; r < end; ++r) {
        const T* row = x.row(r) + c;
        for (Index j = 0; j < width; ++j) {
          const T d = row[j] - center[j];
          residue[j] += d;
          m2[j] += d * d;
        }
      }
      for (Index j = 0; j < width; ++j) {
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

// sum(row, first channel, width, s1, s2) adds one row to the two sums of a strip.
template <class T, class Sum>
void two_sums(Pool& pool, Index rows, Index channels, double* first, double* second, double* partial, const Sum& sum) {
  for_chunks(pool, rows, channels, [&](Index begin, Index end, Index k) {
    double* one = partial + 2 * k * channels;
    double* two = one + channels;
    for_strips(channels, [&](Index c, Index width) {
      T s1[strip] = {}, s2[strip] = {};
      for (Index r = begin; r < end; ++r) sum(r, c, width, s1, s2);
      for (Index j = 0; j < width; ++j) one[c + j] = s1[j], two[c + j] = s2[j];
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
  two_sums<T>(pool, x.rows(), x.c(), first, second, partial, [=](Index r, Index c, Index width, T* __restrict s1, T* __restrict s2) {
    const T *g = dy.row(r) + c, *v = x.row(r) + c, *m = center + c;
    for (Index j = 0; j < width; ++j) {
      s1[j] += g[j];
      s2[j] += g[j] * (v[j] - m[j]);
    }
  });
}

template <class T>
void column_sums_gated(Pool& pool, View<T> dy, const T* y, View<const T> x, const T* center, double* first, double* second,
                       double* partial) {
  two_sums<T>(pool, x.rows(), x.c(), first, second, partial, [=](Index r, Index c, Index width, T* __restrict s1, T* __restrict s2) {
    T* __restrict g = dy.row(r) + c;
    const T *out = y + r * x.c() + c, *v = x.row(r) + c, *m = center + c;
    for (Index j = 0; j < width; ++j) {
      g[j] = out[j] > 0 ? g[j] : T(0);
      s1[j] += g[j];
      s2[j] += g[j] * (v[j] - m[j]);
    }
  });
}

template <class T>
void column_sum(Pool& pool, View<const T> x, double* sum, double* partial) {
  const Index channels = x.c();
  for_chunks(pool, x.rows(), channels, [&](Index begin, Index end, Index k) {
    double* one = partial + 2 * k * channels;
    for_strips(channels, [&](Index c, Index width) {
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

template <class T>
void column_affine(Pool& pool, View<const T> x, const T* center, const T* scale, const T* shift, View<T> y, const Tail<T>& tail) {
  const Index channels = x.c();
  auto rows = [&](auto finish) {
    for_chunks(pool, x.rows(), channels, [&, finish](Index begin, Index end, Index) {
      for (Index r = begin; r < end; ++r) {
        const T *in = x.row(r), *skip = tail.skip + r * channels;
        T* __restrict out = y.row(r);
        for (Index c = 0; c < channels; ++c) out[c] = finish((in[c] - center[c]) * scale[c] + shift[c], skip, c);
      }
    });
  };
  if (tail.skip && tail.rectify) {
    rows([](T v, const T* skip, Index c) { return rectified(skip[c] + v); });
  } else if (tail.skip) {
    rows([](T v, const T* skip, Index c) { return skip[c] + v; });
  } else if (tail.rectify) {
    rows([](T v, const T*, Index) { return rectified(v); });
  } else {
    rows([](T v, const T*, Index) { return v; });
  }
}

template <class T>
void column_combine(Pool& pool, View<const T> dy, View<const T> x, const T* center, const T* a, const T* b, const T* d,
                    View<T> dx, bool add) {
  const Index channels = x.c();
  for_chunks(pool, x.rows(), channels, [&](Index begin, Index end, Index) {
    for (Index r = begin; r < end; ++r) {
      const T *g = dy.row(r), *in = x.row(r);
      T* __restrict out = dx.row(r);
      if (add) {
        for (Index c = 0; c < channels; ++c) out[c] += a[c] * g[c] + b[c] * (in[c] - center[c]) + d[c];
      } else {
        for (Index c = 0; c < channels; ++c) out[c] = a[c] * g[c] + b[c] * (in[c] - center[c]) + d[c];
      }
    }
  });
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
