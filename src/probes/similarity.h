// How alike the samples of a batch are to a layer, each sample one flattened vector h_i, n of them:
//   cosine      mean over pairs i != j of <h_i, h_j> / (|h_i| |h_j|)
//   stable_rank tr(K) / ||K||_op, K_ij the cosine of h_i and h_j
//   rank_bound  r(H) = tr(M)^2 / ||M||_F^2 <= rank(H), M = H H^T / n (Daneshmand et al. 2020); n x n here, for H H^T and
//               H^T H have the same trace and norm
#pragma once

#include <limits>
#include <string>

#include "core/pool.h"
#include "tensor/shape.h"

namespace bnlab {

struct Similarity {
  double cosine = std::numeric_limits<double>::quiet_NaN(), stable_rank = cosine, rank_bound = cosine;
  std::string why;  // where they are not defined
};

// Samples that are 0 have no direction and are left out.
template <class T>
Similarity similarity_of(Pool& pool, View<const T> x);

}  // namespace bnlab
