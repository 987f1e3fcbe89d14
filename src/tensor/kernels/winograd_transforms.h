// The transforms of F(4x4, 3x3) (Winograd 1980; Lavin & Gray 2016, eq. 18-20) with the points 0, +-1, +-2, infinity:
//   y = A^T [(G g G^T) * (B^T d B)] A        d: 6x6 of the input, g: 3x3 of the weights, y: 4x4 of the output
// and their transposes, for the gradient of the weights: dg = G^T [(A dy A^T) * (B^T d B)] G.
// Each function is one side of a product, on one row or column at a time; entries are vectors over channels.
#pragma once

#include "tensor/kernels/vector.h"

namespace bnlab::winograd {

constexpr Index tile = 6, step = 4, taps = 3, points = tile * tile;

// B^T d
inline void input_side(const Vec d[6], Vec t[6]) {
  const Vec even = d[4] - 4.0f * d[2], odd = d[3] - 4.0f * d[1], close = d[4] - d[2], twice = 2.0f * (d[3] - d[1]);
  t[0] = 4.0f * d[0] - 5.0f * d[2] + d[4];
  t[1] = even + odd;
  t[2] = even - odd;
  t[3] = close + twice;
  t[4] = close - twice;
  t[5] = 4.0f * d[1] - 5.0f * d[3] + d[5];
}

// G g
inline void weight_side(const Vec g[3], Vec t[6]) {
  const Vec ends = g[0] + g[2], far = g[0] + 4.0f * g[2];
  t[0] = 0.25f * g[0];
  t[1] = (-1.0f / 6) * (ends + g[1]);
  t[2] = (-1.0f / 6) * (ends - g[1]);
  t[3] = (1.0f / 24) * (far + 2.0f * g[1]);
  t[4] = (1.0f / 24) * (far - 2.0f * g[1]);
  t[5] = g[2];
}

// A^T m
inline void output_side(const Vec m[6], Vec y[4]) {
  const Vec near = m[1] + m[2], across = m[1] - m[2], far = m[3] + m[4], opposite = m[3] - m[4];
  y[0] = m[0] + near + far;
  y[1] = across + 2.0f * opposite;
  y[2] = near + 4.0f * far;
  y[3] = across + 8.0f * opposite + m[5];
}

// A dy
inline void output_gradient_side(const Vec y[4], Vec m[6]) {
  const Vec even = y[0] + y[2], odd = y[1] + y[3], far = y[0] + 4.0f * y[2], twice = 2.0f * y[1] + 8.0f * y[3];
  m[0] = y[0];
  m[1] = even + odd;
  m[2] = even - odd;
  m[3] = far + twice;
  m[4] = far - twice;
  m[5] = y[3];
}

// G^T t
inline void weight_gradient_side(const Vec t[6], Vec g[3]) {
  const Vec near = t[1] + t[2], far = t[3] + t[4];
  g[0] = 0.25f * t[0] - (1.0f / 6) * near + (1.0f / 24) * far;
  g[1] = (1.0f / 6) * (t[2] - t[1]) + (1.0f / 12) * (t[3] - t[4]);
  g[2] = (1.0f / 6) * (far - near) + t[5];
}

// side(side(d)^T)^T of a From x From square, vector by vector: read(i, j) in, write(i, j, value) out.
template <Index From, Index To, auto side, class Read, class Write>
[[gnu::always_inline]] inline void both_sides(const Read& read, const Write& write) {
  Vec half[To][From];  // columns done
  BNLAB_UNROLL for (Index j = 0; j < From; ++j) {
    Vec in[From], out[To];
    BNLAB_UNROLL for (Index i = 0; i < From; ++i) in[i] = read(i, j);
    side(in, out);
    BNLAB_UNROLL for (Index i = 0; i < To; ++i) half[i][j] = out[i];
  }
  BNLAB_UNROLL for (Index i = 0; i < To; ++i) {
    Vec out[To];
    side(half[i], out);
    BNLAB_UNROLL for (Index j = 0; j < To; ++j) write(i, j, out[j]);
  }
}

}  // namespace bnlab::winograd
