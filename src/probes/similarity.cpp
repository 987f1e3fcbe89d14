#include "probes/similarity.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "tensor/kernels/gemm.h"

namespace bnlab {

template <class T>
Similarity similarity_of(Pool& pool, View<const T> x) {
  const Index n = x.shape.n, size = x.shape.sample();
  std::vector<double> norms(static_cast<size_t>(n));
  std::vector<T> unit(static_cast<size_t>(n * size));
  pool.run(static_cast<int>(n), [&](int i) {
    const T* from = x.data + i * size;
    double sum = 0;
    for (Index k = 0; k < size; ++k) sum += static_cast<double>(from[k]) * static_cast<double>(from[k]);
    const double norm = norms[static_cast<size_t>(i)] = std::sqrt(sum);
    for (Index k = 0; k < size; ++k) unit[static_cast<size_t>(i * size + k)] = norm > 0 ? static_cast<T>(static_cast<double>(from[k]) / norm) : T(0);
  });
  Similarity out;
  double largest = 0;
  Index alive = 0;
  for (const double norm : norms) {
    if (!std::isfinite(norm)) return out.why = "not finite", out;
    largest = std::max(largest, norm), alive += norm > 0;
  }
  if (alive < 2) return out.why = "fewer than two samples that are not 0", out;

  std::vector<T> products(static_cast<size_t>(n * n));
  multiply<T>(pool, {{Op::plain, Op::transposed, n, n, size, unit.data(), size, unit.data(), size, products.data(), n}});
  Eigen::MatrixXd cosines(n, n);
  double sum = 0, trace = 0, frobenius2 = 0;
  for (Index i = 0; i < n; ++i) {
    const double a = norms[static_cast<size_t>(i)] / largest;
    trace += a * a;
    for (Index j = 0; j < n; ++j) {
      const double b = norms[static_cast<size_t>(j)] / largest;
      const double cosine = i == j ? a > 0 : static_cast<double>(products[static_cast<size_t>(i * n + j)]);
      cosines(i, j) = cosine;
      if (i != j) sum += cosine;
      frobenius2 += a * a * b * b * cosine * cosine;
    }
  }
  const auto count = static_cast<double>(alive);
  out.cosine = sum / (count * (count - 1));
  out.stable_rank = count / Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(cosines, Eigen::EigenvaluesOnly).eigenvalues().maxCoeff();
  out.rank_bound = trace * trace / frobenius2;
  return out;
}

template Similarity similarity_of(Pool&, View<const float>);
template Similarity similarity_of(Pool&, View<const double>);

}  // namespace bnlab
