#include "tensor/kernels/winograd.h"

#include <cstdint>

#include "tensor/kernels/register_product.h"
#include "tensor/kernels/winograd_tiles.h"

namespace bnlab::winograd {
namespace {

// The batch is cut into this many parts, each with scratch of its own.
constexpr Index most_parts = 8;
constexpr Index block_bytes = 640 << 10;
constexpr Index streamed_bytes = Index{1} << 20;

struct Blocks {
  Index each, plane_in, plane_out;  // tiles a block; floats between two points of the transformed input and output
  Blocks(Index in, Index out) {
    const Index fit = block_bytes / (points * (in + out) * 4);
    each = std::clamp<Index>(fit / 12 * 12, 24, 96);
    // a little more than a power of two, or the 36 planes fall on the same lines of the cache
    plane_in = each * in + lanes;
    plane_out = each * out + lanes;
  }
  Index floats() const { return points * (plane_in + plane_out); }
};

Index parts_of(Index tiles) { return std::clamp<Index>(tiles / 16, 1, most_parts); }

// sums[channel] and, `channels` further on, the sums of squares gain `count` numbers, given by the first of them and the
// sums of their differences from it and of the squares of these.
inline void add_moments(Index count, Vec first, Vec differences, Vec squares, double* sums, Index channels) {
  const auto n = static_cast<double>(count);
  for (Index l = 0; l < lanes; ++l) {
    const double f = static_cast<double>(first[l]), d = static_cast<double>(differences[l]);
    sums[l] += n * f + d;
    sums[channels + l] += static_cast<double>(squares[l]) + f * (n * f + 2 * d);
  }
}

// sums of all parts -> mean and variance of `rows` numbers
void finish_moments(Index parts, Index channels, Index rows, const double* sums, double* moments) {
  const auto n = static_cast<double>(rows);
  for (Index c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    for (Index part = 0; part < parts; ++part) sum += sums[2 * part * channels + c], squares += sums[(2 * part + 1) * channels + c];
    moments[c] = sum / n;
    moments[channels + c] = std::max(0.0, squares / n - moments[c] * moments[c]);
  }
}

// A^T m A of one tile, with what is to be added, to y. Its moments go to sums.
template <bool streams, bool measures>
void transform_output(const Tiles& tiles, Index number, const float* m, Index plane, float* y, const Finish& finish, double* sums) {
  const Tile at(tiles, number);
  const Shape& s = tiles.shape;
  const Index c = s.c, row = s.w * c, rows = std::min(step, s.h - at.y), columns = std::min(step, s.w - at.x);
  float* corner = y + (at.sample * s.h + at.y) * row + at.x * c;
  for (Index k = 0; k < c; k += lanes) {
    const Vec bias = finish.bias ? load(finish.bias + k) : Vec{};
    Vec first{}, differences{}, squares{};
    both_sides<tile, step, output_side>([&](Index i, Index j) { return load(m + (i * tile + j) * plane + k); },
                                        [&](Index i, Index j, Vec value) {
      if (i >= rows || j >= columns) return;
      float* to = corner + i * row + j * c + k;
      value += bias;
      if (finish.add) value += load(to);
      if (finish.skip) value = load(finish.skip + (to - y)) + value;
      if (finish.rectify) value = rectified(value);
      streams ? stream(to, value) : store(to, value);
      if (!measures) return;
      if (i == 0 && j == 0) first = value;
      const Vec d = value - first;
      differences += d;
      squares += d * d;
    });
    if (measures) add_moments(rows * columns, first, differences, squares, sums + k, c);
  }
}

// Floats between two points of transformed weights: a little more than a power of two, or all 36 fall on the same lines
// of the cache.
Index weights_plane(Index in, Index out) { return in * out + lanes; }

// u[point][panel of columns][row][column], the form that register_product reads; at(row, column, i, j) is tap (i, j).
template <class At>
void transform(Pool& pool, Index rows, Index columns, float* u, const At& at) {
  const Index width = panel_vectors(columns) * lanes, plane = weights_plane(rows, columns);
  const Pieces pieces(rows, 16);
  pool.run(pieces.pieces, [&](int piece) {
    for (Index k = 0; k < columns; k += lanes) {
      for (Index r = pieces.begin(piece); r < pieces.end(piece); ++r) {
        float* to = u + k / width * rows * width + r * width + k % width;
        both_sides<taps, tile, weight_side>([&](Index i, Index j) { return at(r, k, i, j); },
                                            [&](Index i, Index j, Vec v) { store(to + (i * tile + j) * plane, v); });
      }
    }
  });
}

}  // namespace

bool takes(Shape in, Index out) { return in.c % 16 == 0 && out % 16 == 0 && in.h >= 3 && in.w >= 3; }

Index transformed_weights(Index in, Index out) { return points * weights_plane(in, out); }

Index convolve_scratch(Shape in, Index out) {
  return parts_of(Tiles(in).count()) * (Blocks(in.c, out).floats() + 4 * out);  // and two doubles a channel
}

void transform_weights(Pool& pool, const float* w, Index in, Index out, float* u) {
  transform(pool, in, out, u, [&](Index c, Index o, Index i, Index j) {
    Vec v;
    const float* from = w + (o * taps * taps + i * taps + j) * in + c;
    for (Index l = 0; l < lanes; ++l) v[l] = from[l * taps * taps * in];
    return v;
  });
}

void transform_turned_weights(Pool& pool, const float* w, Index in, Index out, float* u) {
  transform(pool, out, in, u, [&](Index o, Index c, Index i, Index j) {
    return load(w + (o * taps * taps + (taps - 1 - i) * taps + (taps - 1 - j)) * in + c);
  });
}

void convolve(Pool& pool, View<const float> x, const float* u, View<float> y, Finish finish, float* scratch) {
  const Index in = x.c(), out = y.c();
  const Tiles from(x.shape), to(y.shape);
  const Blocks blocks(in, out);
  const Index parts = parts_of(from.count()), vectors = panel_vectors(out), width = vectors * lanes;
  const Index each = (from.count() + parts - 1) / parts, plane = weights_plane(in, out);
  const bool streams = y.size() * 4 >= streamed_bytes && reinterpret_cast<uintptr_t>(y.data) % sizeof(Vec) == 0;
  auto output = streams ? finish.moments ? transform_output<true, true> : transform_output<true, false>
                        : finish.moments ? transform_output<false, true> : transform_output<false, false>;
  double* sums = reinterpret_cast<double*>(scratch + parts * blocks.floats());
  if (finish.moments) std::fill_n(sums, 2 * parts * out, 0.0);
  pool.run(static_cast<int>(parts), [&](int part) {
    float* v = scratch + part * blocks.floats();
    float* m = v + points * blocks.plane_in;
    const Index end = std::min(from.count(), (part + 1) * each);
    for (Index first = part * each; first < end; first += blocks.each) {
      const Index count = std::min(blocks.each, end - first);
      for (Index t = 0; t < count; ++t) {
        if (first + t + ahead < end) prefetch(from, first + t + ahead, x.data);
        if (finish.add) prefetch(to, first + t, y.data);
        if (finish.skip) prefetch(to, first + t, finish.skip);
        transform_input(from, first + t, x.data, v + t * in, blocks.plane_in);
      }
      for (Index point = 0; point < points; ++point) {
        for (Index k = 0; k < out; k += width) {
          register_product(vectors, {v + point * blocks.plane_in, in, 1, u + point * plane + k * in, width, m + point * blocks.plane_out + k, out, in, false}, count);
        }
      }
      for (Index t = 0; t < count; ++t) output(to, first + t, m + t * out, blocks.plane_out, y.data, finish, sums + 2 * part * out);
    }
    if (streams) streamed();
  });
  if (finish.moments) finish_moments(parts, out, y.rows(), sums, finish.moments);
}

}  // namespace bnlab::winograd
