#include "tensor/kernels/gemm.h"

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace bnlab {
namespace {

// Before OpenBLAS starts (its constructor has no priority). It would make threads of its own, one a core; and it goes by the model
// of the CPU: one younger than itself gets SSE kernels, a third of the speed. By what the CPU can, the kernels are those that
// OpenBLAS takes for the models it knows.
__attribute__((constructor(101))) void before_blas() {
  ::setenv("OPENBLAS_NUM_THREADS", "1", 1);
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
  ::setenv("OPENBLAS_CORETYPE", !avx512 ? "Haswell" : __builtin_cpu_supports("avx512bf16") ? "Cooperlake" : "SkylakeX", 0);
}

CBLAS_TRANSPOSE flag(Op op) { return op == Op::plain ? CblasNoTrans : CblasTrans; }

void blas(const Gemm<float>& g) {
  cblas_sgemm(CblasRowMajor, flag(g.op_a), flag(g.op_b), static_cast<int>(g.m), static_cast<int>(g.n), static_cast<int>(g.k),
              g.alpha, g.a, static_cast<int>(g.lda), g.b, static_cast<int>(g.ldb), g.beta, g.c, static_cast<int>(g.ldc));
}
void blas(const Gemm<double>& g) {
  cblas_dgemm(CblasRowMajor, flag(g.op_a), flag(g.op_b), static_cast<int>(g.m), static_cast<int>(g.n), static_cast<int>(g.k),
              g.alpha, g.a, static_cast<int>(g.lda), g.b, static_cast<int>(g.ldb), g.beta, g.c, static_cast<int>(g.ldc));
}

// Every piece packs the operand it shares with the others again, so few and large ones; of two products at once, a small
// one is a piece.
int pieces_of(double flop, bool alone) { return flop < (alone ? 2e6 : 4e6) ? 1 : flop < 128e6 ? 2 : flop < 1e9 ? 4 : 8; }

constexpr Index grain = 4;  // columns or rows: the kernels' register blocks

template <class T>
Gemm<T> cut(const Gemm<T>& g, int piece, int pieces) {
  const bool columns = g.n >= g.m;
  const Index whole = columns ? g.n : g.m, each = ((whole + pieces - 1) / pieces + grain - 1) / grain * grain;
  const Index begin = std::min(whole, piece * each), count = std::min(whole, begin + each) - begin;
  Gemm<T> out = g;
  if (columns) {
    out.n = count;
    out.b += g.op_b == Op::plain ? begin : begin * g.ldb;
    out.c += begin;
  } else {
    out.m = count;
    out.a += g.op_a == Op::plain ? begin * g.lda : begin;
    out.c += begin * g.ldc;
  }
  return out;
}

}  // namespace

template <class T>
void multiply(Pool& pool, std::initializer_list<Gemm<T>> products) {
  constexpr int most = 64;
  struct Piece {
    const Gemm<T>* product;
    int piece, pieces;
  } list[most];
  int count = 0;
  for (const Gemm<T>& g : products) {
    const double flop = 2.0 * static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k);
    const int pieces = pieces_of(flop, products.size() == 1);
    for (int i = 0; i < pieces && count < most; ++i) list[count++] = {&g, i, pieces};
  }
  pool.run(count, [&](int i) {
    const Gemm<T> g = cut(*list[i].product, list[i].piece, list[i].pieces);
    if (g.m > 0 && g.n > 0) blas(g);
  });
}

template void multiply(Pool&, std::initializer_list<Gemm<float>>);
template void multiply(Pool&, std::initializer_list<Gemm<double>>);

std::string blas_description() {
  return fmt::format("{} (kernel {})", openblas_get_config(), openblas_get_corename());
}

}  // namespace bnlab
