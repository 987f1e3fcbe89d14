// Hutch++ (Meyer, Musco, Musco & Woodruff 2021, alg. 1): the trace of a symmetric operator from few products.
//   Q = orthonormal basis of A S,  S: m/3 random vectors
//   trace ~ tr(Q^T A Q) + mean_j g_j^T P A P g_j,  P = I - Q Q^T,  g_j: m/3 random vectors with E g g^T = I
// Unbiased; the relative error falls as 1/m where the large eigenvalues are few, and there is none where rank A <= m/3.
#pragma once

#include "probes/lanczos.h"

namespace bnlab {

struct Trace {
  double value = 0;
  double standard_error = 0;  // of the second term's mean; nan where it has one sample only
  bool finite = true;
};

// products: m, at least 3. draw(k): entries of mean 0 and variance 1.
Trace trace(const SymmetricOperator& a, const Draw& draw, size_t size, int64_t products);

}  // namespace bnlab
