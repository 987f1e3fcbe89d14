// Per-channel (column) reductions and maps of a rows x channels matrix: the inner loops of the normalizers.
//
// Rows are cut into fixed chunks. Inside a chunk sums run in T over at most 64 rows, across chunks in double; the
// variance is taken about the mean (Chan, Golub & LeVeque 1979), never as E[x^2] - E[x]^2. Results do not depend on the
// number of threads. `partial` is scratch of column_scratch() doubles.
#pragma once

#include "core/pool.h"
#include "tensor/kernels/tail.h"

namespace bnlab {

Index column_scratch(Index rows, Index channels);

// mean[c] and biased variance[c].
template <class T>
void column_moments(Pool& pool, View<const T> x, double* mean, double* variance, double* partial);

// first[c] = sum_r dy, second[c] = sum_r dy * (x - center[c])
template <class T>
void column_sums(Pool& pool, View<const T> dy, View<const T> x, const T* center, double* first, double* second,
                 double* partial);
// The same of dy where y > 0, and of 0 elsewhere, which dy is set to.
template <class T>
void column_sums_gated(Pool& pool, View<T> dy, const T* y, View<const T> x, const T* center, double* first, double* second,
                       double* partial);

// sum[c] = sum_r x
template <class T>
void column_sum(Pool& pool, View<const T> x, double* sum, double* partial);

// y = (x - center) * scale + shift, with its tail
template <class T>
void column_affine(Pool& pool, View<const T> x, const T* center, const T* scale, const T* shift, View<T> y, const Tail<T>& tail = {});

// dx (+)= a * dy + b * (x - center) + d
template <class T>
void column_combine(Pool& pool, View<const T> dy, View<const T> x, const T* center, const T* a, const T* b, const T* d,
                    View<T> dx, bool add = false);

}  // namespace bnlab
