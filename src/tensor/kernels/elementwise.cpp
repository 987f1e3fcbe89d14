#include "tensor/kernels/elementwise.h"

namespace bnlab {

template <class T>
double dot(Pool& pool, const T* a, const T* b, Index count) {
  constexpr Index lanes = 16;
  const Pieces pieces(count, 1 << 14);
  double partial[64] = {};
  pool.run(pieces.pieces, [&](int i) {
    double sum[lanes] = {};
    Index k = pieces.begin(i);
    for (; k + lanes <= pieces.end(i); k += lanes) {
      for (Index j = 0; j < lanes; ++j) sum[j] += static_cast<double>(a[k + j]) * static_cast<double>(b[k + j]);
    }
    for (; k < pieces.end(i); ++k) sum[0] += static_cast<double>(a[k]) * static_cast<double>(b[k]);
    double total = 0;
    for (const double s : sum) total += s;
    partial[i] = total;
  });
  double total = 0;
  for (const double p : partial) total += p;
  return total;
}

template double dot(Pool&, const float*, const float*, Index);
template double dot(Pool&, const double*, const double*, Index);

}  // namespace bnlab
