// Small products kept in registers: c[i][j] (+)= sum_p a[i][p] b[p][j], j over `J` vectors, i over any number of rows.
// a is read one number at a time (broadcast), so its rows may be strided either way: a plain or a transposed operand.
#pragma once

#include "tensor/kernels/vector.h"

namespace bnlab {

struct RegisterProduct {
  const float* a;
  Index a_row, a_step;  // a[i][p] = a[i * a_row + p * a_step]
  const float* b;
  Index b_step;  // b[p][j] = b[p * b_step + j]
  float* c;
  Index c_row;
  Index depth;
  bool add;
};

// Accumulators that leave room for the vectors of b and one of a.
constexpr Index most_accumulators = vector_registers == 32 ? 24 : 12;
constexpr Index widest_panel = vector_registers == 32 ? 4 : 2;

// Row: a_row where the compiler is to know it (two dozen row offsets would not stay in registers), or 0.
template <Index R, Index J, Index Row>
inline void register_tile(const RegisterProduct& g, Index first) {
  const Index a_row = Row > 0 ? Row : g.a_row;
  const float* a = g.a + first * a_row;
  float* c = g.c + first * g.c_row;
  Vec acc[R][J];
  BNLAB_UNROLL for (Index i = 0; i < R; ++i) {
    BNLAB_UNROLL for (Index j = 0; j < J; ++j) acc[i][j] = g.add ? load(c + i * g.c_row + j * lanes) : Vec{};
  }
  const float* b = g.b;
  for (Index p = 0; p < g.depth; ++p, a += g.a_step, b += g.b_step) {
    Vec panel[J];
    BNLAB_UNROLL for (Index j = 0; j < J; ++j) panel[j] = load(b + j * lanes);
    BNLAB_UNROLL for (Index i = 0; i < R; ++i) {
      const float s = a[i * a_row];
      BNLAB_UNROLL for (Index j = 0; j < J; ++j) acc[i][j] += s * panel[j];
    }
  }
  BNLAB_UNROLL for (Index i = 0; i < R; ++i) {
    BNLAB_UNROLL for (Index j = 0; j < J; ++j) store(c + i * g.c_row + j * lanes, acc[i][j]);
  }
}

template <Index J, Index Row, Index R = most_accumulators / J>
void register_rows(const RegisterProduct& g, Index rows, Index first = 0) {
  for (; first + R <= rows; first += R) register_tile<R, J, Row>(g, first);
  if constexpr (R > 1) register_rows<J, Row, R / 2>(g, rows, first);
}

template <Index J>
void register_product(const RegisterProduct& g, Index rows) {
  switch (g.a_row) {
    case 1: return register_rows<J, 1, J == 4 ? 6 : 8 / J * (vector_registers / 16)>(g, rows);  // rows are channels: sixteens
    case 16: return register_rows<J, 16>(g, rows);
    case 32: return register_rows<J, 32>(g, rows);
    case 64: return register_rows<J, 64>(g, rows);
    default: return register_rows<J, 0>(g, rows);
  }
}

// How many vectors wide the panels of `columns` numbers are.
constexpr Index panel_vectors(Index columns) {
  Index j = widest_panel;
  while (columns % (j * lanes) != 0) j /= 2;
  return j;
}

// A panel of `vectors` vectors.
inline void register_product(Index vectors, const RegisterProduct& g, Index rows) {
  if constexpr (widest_panel == 4) {
    if (vectors == 4) return register_product<4>(g, rows);
  }
  vectors == 2 ? register_product<2>(g, rows) : register_product<1>(g, rows);
}

}  // namespace bnlab
