// Matrix products on OpenBLAS, one thread per piece: C <- alpha * op(A) op(B) + beta * C, all row-major.
#pragma once

#include <initializer_list>
#include <string>

#include "core/pool.h"
#include "tensor/shape.h"

namespace bnlab {

enum class Op { plain, transposed };

template <class T>
struct Gemm {
  Op op_a, op_b;
  Index m, n, k;  // op(A) is m x k, op(B) is k x n, C is m x n
  const T* a;
  Index lda;
  const T* b;
  Index ldb;
  T* c;
  Index ldc;
  T alpha = 1, beta = 0;
};

// Independent products at once, each cut into pieces by a rule of its shape: the bits do not depend on the threads.
template <class T>
void multiply(Pool& pool, std::initializer_list<Gemm<T>> products);

std::string blas_description();  // OpenBLAS version, build and the CPU kernel in use

}  // namespace bnlab
