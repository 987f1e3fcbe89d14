#include "probes/lanczos.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "probes/loss_oracle.h"

namespace bnlab {
namespace {

// Below this share of the largest |theta|, beta is rounding: products by differences are good to about 1e-10.
constexpr double negligible = 1e-12;

void add(double factor, const std::vector<double>& x, std::vector<double>& y) {
  for (size_t i = 0; i < x.size(); ++i) y[i] += factor * x[i];
}

void scale(double factor, std::vector<double>& x) {
  for (double& value : x) value *= factor;
}

// Twice is enough (Giraud et al. 2005).
void project_out(const std::vector<std::vector<double>>& basis, std::vector<double>& v) {
  for (int pass = 0; pass < 2; ++pass) {
    for (const auto& b : basis) add(-dot(b, v), b, v);
  }
}

void solve(const std::vector<double>& alpha, const std::vector<double>& beta, Ritz& out) {
  const auto m = static_cast<Eigen::Index>(alpha.size());
  Eigen::VectorXd diagonal = Eigen::Map<const Eigen::VectorXd>(alpha.data(), m), beside = Eigen::Map<const Eigen::VectorXd>(beta.data(), std::max<Eigen::Index>(0, m - 1));
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(diagonal, beside);
  const Eigen::MatrixXd& s = solver.eigenvectors();
  out.values.assign(solver.eigenvalues().data(), solver.eigenvalues().data() + m);
  out.coordinates.assign(s.data(), s.data() + m * m);
  out.weights.clear(), out.residuals.clear();
  for (Eigen::Index i = 0; i < m; ++i) {
    out.weights.push_back(s(0, i) * s(0, i));
    out.residuals.push_back(std::abs(beta.back() * s(m - 1, i)));
  }
}

double largest(const Ritz& ritz) { return std::max(std::abs(ritz.values.front()), std::abs(ritz.values.back())); }

bool converged(const Ritz& ritz, const LanczosLimits& limits) {
  const auto top = static_cast<size_t>(limits.top);
  if (limits.tolerance <= 0 || ritz.values.size() <= top) return false;
  const double allowed = limits.tolerance * largest(ritz);
  return ritz.residuals.front() <= allowed && std::all_of(ritz.residuals.end() - limits.top, ritz.residuals.end(), [&](double r) { return r <= allowed; });
}

}  // namespace

bool orthonormalize(const std::vector<std::vector<double>>& basis, std::vector<double>& v) {
  const double before = std::sqrt(dot(v, v));
  project_out(basis, v);
  const double after = std::sqrt(dot(v, v));
  if (!(after > 1e-10 * before)) return false;
  scale(1 / after, v);
  project_out(basis, v);
  scale(1 / std::sqrt(dot(v, v)), v);
  return true;
}

std::vector<double> Ritz::vector(size_t i) const {
  std::vector<double> out(basis.front().size(), 0);
  for (size_t j = 0; j < basis.size(); ++j) add(coordinates[i * basis.size() + j], basis[j], out);
  return out;
}

Ritz lanczos(const SymmetricOperator& a, const Draw& draw, size_t size, const LanczosLimits& limits) {
  Ritz out;
  std::vector<double> v(size, 0), next, alpha, beta;
  uint64_t draws = 0;
  draw(draws++, v);
  if (!orthonormalize(out.basis, v)) return out;
  const int64_t most = std::min(limits.iterations, limits.dimension);
  while (static_cast<int64_t>(alpha.size()) < most) {
    a(v, next);
    alpha.push_back(dot(v, next));
    out.basis.push_back(v);
    project_out(out.basis, next);
    beta.push_back(std::sqrt(dot(next, next)));
    out.finite = std::isfinite(alpha.back()) && std::isfinite(beta.back());
    if (!out.finite) return out;
    solve(alpha, beta, out);
    if (converged(out, limits) || static_cast<int64_t>(alpha.size()) == most) return out;
    if (beta.back() > negligible * largest(out)) {
      v = next;
      scale(1 / beta.back(), v);
    } else {
      beta.back() = 0;
      draw(draws++, v);
      if (!limits.restart || !orthonormalize(out.basis, v)) break;
    }
  }
  if (!alpha.empty()) solve(alpha, beta, out);
  return out;
}

}  // namespace bnlab
