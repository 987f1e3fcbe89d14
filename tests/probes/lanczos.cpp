// Lanczos and Hutch++ on operators whose spectrum is known.
#include "probes/lanczos.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "core/rng.h"
#include "probes/trace.h"

using namespace bnlab;

namespace {

using Values = std::vector<double>;

Draw normals(size_t size, uint64_t seed = 1) {
  return [=](uint64_t k, Values& v) { v.assign(size, 0), Stream(seed, "test").fill_normal(k, v.data(), size); };
}
Draw signs(size_t size) {
  return [=](uint64_t k, Values& v) {
    normals(size, 2)(k, v);
    for (double& x : v) x = x < 0 ? -1 : 1;
  };
}

// Q D Q with Q = I - 2 u u^T: the spectrum of D in directions that no coordinate knows.
struct Reflected {
  Values spectrum, u;
  explicit Reflected(Values d) : spectrum(std::move(d)) {
    normals(spectrum.size(), 7)(0, u);
    double length = 0;
    for (const double x : u) length += x * x;
    for (double& x : u) x /= std::sqrt(length);
  }
  void reflect(Values& v) const {
    double along = 0;
    for (size_t i = 0; i < v.size(); ++i) along += u[i] * v[i];
    for (size_t i = 0; i < v.size(); ++i) v[i] -= 2 * along * u[i];
  }
  SymmetricOperator product() const {
    return [this](const Values& v, Values& av) {
      av = v;
      reflect(av);
      for (size_t i = 0; i < av.size(); ++i) av[i] *= spectrum[i];
      reflect(av);
    };
  }
};

double residual(const SymmetricOperator& a, const Values& v, double value) {
  Values av;
  a(v, av);
  double sum = 0;
  for (size_t i = 0; i < v.size(); ++i) sum += std::pow(av[i] - value * v[i], 2);
  return std::sqrt(sum);
}

}  // namespace

TEST_CASE("lanczos: both ends of a spectrum with a cluster, a gap and a negative end", "[probe][lanczos]") {
  Values spectrum{-7, 20, 19.9, 5};
  for (int i = 0; i < 96; ++i) spectrum.push_back(0.01 * i);
  const Reflected a(spectrum);
  const Ritz ritz = lanczos(a.product(), normals(100), 100, {.iterations = 60, .dimension = 100, .top = 3, .tolerance = 1e-9});
  REQUIRE(ritz.iterations() < 60);
  const size_t m = ritz.values.size();
  CHECK(ritz.values[m - 1] == Approx(20).epsilon(1e-12));
  CHECK(ritz.values[m - 2] == Approx(19.9).epsilon(1e-12));
  CHECK(ritz.values[m - 3] == Approx(5).epsilon(1e-12));
  CHECK(ritz.values[0] == Approx(-7).epsilon(1e-12));
  for (const size_t i : {size_t{0}, m / 2, m - 3, m - 1}) {
    CHECK(residual(a.product(), ritz.vector(i), ritz.values[i]) == Approx(ritz.residuals[i]).margin(1e-10));
  }
}

TEST_CASE("lanczos: the basis stays orthonormal where plain Lanczos loses it", "[probe][lanczos]") {
  Values spectrum{1e6, -1e5};
  for (int i = 0; i < 198; ++i) spectrum.push_back(std::pow(10.0, -0.05 * i));
  const Reflected a(spectrum);
  const Ritz ritz = lanczos(a.product(), normals(200), 200, {.iterations = 100, .dimension = 200});
  double worst = 0;
  for (size_t i = 0; i < ritz.iterations(); ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (size_t k = 0; k < 200; ++k) sum += ritz.basis[i][k] * ritz.basis[j][k];
      worst = std::max(worst, std::abs(sum - (i == j)));
    }
  }
  CHECK(worst <= 1e-12);
  CHECK(std::count_if(ritz.values.begin(), ritz.values.end(), [](double v) { return v > 1e5; }) == 1);  // no ghosts
}

TEST_CASE("lanczos: all eigenvalues where the iterations outnumber the dimension, multiple ones too", "[probe][lanczos]") {
  const Reflected a({3, 3, 3, -2, -2, 0, 1});
  const Ritz ritz = lanczos(a.product(), normals(7), 7, {.iterations = 50, .dimension = 7, .top = 3});
  const Values expected{-2, -2, 0, 1, 3, 3, 3};
  REQUIRE(ritz.values.size() == 7);
  for (size_t i = 0; i < 7; ++i) CHECK(ritz.values[i] == Approx(expected[i]).margin(1e-12));
  const Ritz once = lanczos(a.product(), normals(7), 7, {.iterations = 50, .dimension = 7, .restart = false});
  const Values different{-2, 0, 1, 3};
  REQUIRE(once.values.size() == 4);
  for (size_t i = 0; i < 4; ++i) CHECK(once.values[i] == Approx(different[i]).margin(1e-12));
}

TEST_CASE("lanczos: the weights are the spectral measure of the start", "[probe][lanczos]") {
  const Reflected a({5, 5, -1, 2, 2, 2});
  for (const bool restart : {false, true}) {
    const Ritz ritz = lanczos(a.product(), normals(6), 6, {.iterations = 6, .dimension = 6, .restart = restart});
    Values start, power;
    normals(6)(0, start);
    double length = 0, sum = 0;
    for (const double x : start) length += x * x;
    for (double& x : start) x /= std::sqrt(length);
    power = start;
    for (const double w : ritz.weights) sum += w;
    CHECK(sum == Approx(1).epsilon(1e-12));
    for (int k = 1; k <= 5; ++k) {
      Values next;
      a.product()(power, next);
      power = next;
      double exact = 0, quadrature = 0;
      for (size_t i = 0; i < 6; ++i) exact += start[i] * power[i];
      for (size_t i = 0; i < ritz.values.size(); ++i) quadrature += ritz.weights[i] * std::pow(ritz.values[i], k);
      CHECK(quadrature == Approx(exact).epsilon(1e-10));
    }
  }
}

TEST_CASE("lanczos: the zero operator, and one that gives no numbers", "[probe][lanczos]") {
  const Ritz zero = lanczos([](const Values& v, Values& av) { av.assign(v.size(), 0); }, normals(5), 5, {.iterations = 4, .dimension = 5});
  REQUIRE(zero.finite);
  for (const double value : zero.values) CHECK(value == 0);
  const Ritz bad = lanczos([](const Values& v, Values& av) { av = v, av[2] = std::numeric_limits<double>::quiet_NaN(); }, normals(5), 5, {.iterations = 4, .dimension = 5});
  CHECK(!bad.finite);
}

TEST_CASE("trace: exact where the rank is small, unbiased where it is not", "[probe][lanczos]") {
  Values low(50, 0);
  low[3] = 4, low[20] = -1.5, low[41] = 100;
  const Reflected a(low);
  const Trace exact = trace(a.product(), signs(50), 50, 9);
  CHECK(exact.value == Approx(102.5).epsilon(1e-10));
  CHECK(exact.standard_error <= 1e-10);
  CHECK(trace(a.product(), signs(50), 50, 300).value == Approx(102.5).epsilon(1e-10));  // more vectors than dimensions

  Values full;
  double expected = 0;
  for (int i = 0; i < 200; ++i) full.push_back(std::cos(i) + 0.1 * i), expected += full.back();
  const Reflected b(full);
  const Trace rough = trace(b.product(), signs(200), 200, 90);
  CHECK(rough.standard_error > 0);
  CHECK(std::abs(rough.value - expected) <= 4 * rough.standard_error);
  CHECK(rough.standard_error < 0.02 * expected);
}
