// Least squares with and without batch normalization (Cai, Li & Shen 2019): gradient descent converges below the rate
// 2 / lambda_max and diverges above; with one normalized unit, and a usual rate for gamma, it converges at any rate of the
// weights.
#include "support/full_batch.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

constexpr Index samples = 16, features = 8;

// X^T X / samples = diag(lambda), exactly, columns of mean 0: Walsh functions.
double lambda(Index k) { return std::pow(100.0, static_cast<double>(k) / (features - 1)); }
double walsh(Index r, Index k) { return __builtin_parity(static_cast<unsigned>(r & (k + 1))) ? -1 : 1; }

FullBatch least_squares(const std::string& norm) {
  Materials materials;
  materials.norm = {norm, norm == "identity" ? "{}" : R"({"epsilon": 0})"};
  materials.bias = "never";
  Builder<double> b({samples, 1, 1, features}, 1, materials);
  b.enter("unit").linear(1).norm(Site::before_activation, true);
  std::vector<double> x, targets(samples, 0);
  for (Index r = 0; r < samples; ++r) {
    for (Index k = 0; k < features; ++k) {
      x.push_back(std::sqrt(lambda(k)) * walsh(r, k));
      targets[static_cast<size_t>(r)] += x.back() * Stream(3, "teacher").normal(0, static_cast<uint64_t>(k)) / std::sqrt(lambda(k));
    }
  }
  return {b.finish(Keep::all), x, targets};
}

// Loss after `steps` over loss before; L = 1/2 mean (y - t)^2, so that its Hessian has the eigenvalues lambda.
double left_over(const std::string& norm, double rate, int steps) {
  FullBatch problem = least_squares(norm);
  const double begin = problem.gradients();
  double loss = begin;
  for (int k = 0; k < steps && loss < 1e6 * begin; ++k) loss = problem.step([&](Role role) { return 0.5 * (role == Role::weight ? rate : 0.5); });
  return loss / begin;
}

}  // namespace

TEST_CASE("least squares: gradient descent converges up to 2 / lambda_max = 0.02 and not beyond", "[science]") {
  CHECK(left_over("identity", 0.0199, 3000) < 1e-20);
  CHECK(left_over("identity", 0.0201, 3000) > 1e6);
}

TEST_CASE("least squares: with batch normalization it converges at any rate", "[science]") {
  CHECK(left_over("batch_norm", 0.1, 3000) < 1e-20);
  CHECK(left_over("batch_norm", 10, 20000) < 1e-20);
  CHECK(left_over("batch_norm", 1000, 20000) < 1e-3);
}
