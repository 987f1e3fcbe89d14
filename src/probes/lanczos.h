// Lanczos' method with full reorthogonalization, for a symmetric operator A that is only known by its products A v:
//   A V = V T + beta_m v_(m+1) e_m^T,   V^T V = I,   T tridiagonal (alpha on the diagonal, beta beside it)
// With T s = theta s: theta approximates an eigenvalue, V s its eigenvector, ||A V s - theta V s|| = |beta_m s_m|; and
// theta_i with weights s_1i^2 is the Gauss quadrature of v_1's spectral measure (Golub & Meurant 2010).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace bnlab {

using SymmetricOperator = std::function<void(const std::vector<double>& v, std::vector<double>& av)>;
// The k-th random vector; 0 where the operator's space has gaps.
using Draw = std::function<void(uint64_t k, std::vector<double>& v)>;

// Makes v orthogonal to the basis and of length 1; false where nothing of it is left.
bool orthonormalize(const std::vector<std::vector<double>>& basis, std::vector<double>& v);

struct LanczosLimits {
  int64_t iterations = 30;
  int64_t dimension = 0;  // of the operator's space; no more iterations than that
  int64_t top = 1;        // stops when so many from the top and the one at the bottom have residuals of at most
  double tolerance = 0;   // `tolerance` times the largest |theta|; 0: never before the last iteration
  bool restart = true;    // an invariant subspace was found: go on with a new draw, so that multiple eigenvalues are seen
};

struct Ritz {
  std::vector<std::vector<double>> basis;  // v_1 .. v_m
  std::vector<double> values;              // theta, ascending
  std::vector<double> weights;             // s_1i^2, sum 1
  std::vector<double> residuals;           // |beta_m s_mi|
  std::vector<double> coordinates;         // s, m x m, one column after the other
  bool finite = true;                      // false: A gave what is no number; nothing else is to be used

  size_t iterations() const { return basis.size(); }
  std::vector<double> vector(size_t i) const;  // V s_i
};

Ritz lanczos(const SymmetricOperator& a, const Draw& draw, size_t size, const LanczosLimits& limits);

}  // namespace bnlab
