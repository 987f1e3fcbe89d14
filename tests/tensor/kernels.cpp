// Every fast kernel against its slow and obvious twin.
#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

#include "core/rng.h"
#include "tensor/kernels/columns.h"
#include "tensor/kernels/elementwise.h"
#include "tensor/kernels/gemm.h"
#include "tensor/workspace.h"

using namespace bnlab;

namespace {

template <class T>
std::vector<T> random(size_t count, uint64_t seed, double offset = 0) {
  std::vector<T> out(count);
  Stream(seed, "kernel").fill_normal(0, out.data(), count);
  for (T& v : out) v += static_cast<T>(offset);
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE("gemm: every transposition, odd sizes and pieces agree with three loops", "[kernel]", float, double) {
  using T = TestType;
  Pool pool(2);
  for (const auto& [m, n, k] : {std::tuple<Index, Index, Index>{1, 1, 1}, {7, 5, 3}, {60, 100, 784}, {300, 33, 250}, {129, 517, 130}}) {
    for (const Op a : {Op::plain, Op::transposed}) {
      for (const Op b : {Op::plain, Op::transposed}) {
        const auto A = random<T>(static_cast<size_t>(m * k), 1), B = random<T>(static_cast<size_t>(k * n), 2);
        auto C = random<T>(static_cast<size_t>(m * n), 3);
        const auto before = C;
        multiply<T>(pool, {{a, b, m, n, k, A.data(), a == Op::plain ? k : m, B.data(), b == Op::plain ? n : k, C.data(), n, T(0.5), T(2)}});
        double worst = 0;
        for (Index i = 0; i < m; i += 1 + m / 16) {
          for (Index j = 0; j < n; ++j) {
            double sum = 0;
            for (Index p = 0; p < k; ++p) {
              sum += static_cast<double>(A[static_cast<size_t>(a == Op::plain ? i * k + p : p * m + i)]) * static_cast<double>(B[static_cast<size_t>(b == Op::plain ? p * n + j : j * k + p)]);
            }
            const double expected = 0.5 * sum + 2 * static_cast<double>(before[static_cast<size_t>(i * n + j)]);
            const double error = std::abs(expected - static_cast<double>(C[static_cast<size_t>(i * n + j)]));
            worst = std::isnan(error) ? error : std::max(worst, error);
          }
        }
        INFO(m << "x" << n << "x" << k);
        REQUIRE(worst <= (sizeof(T) == 4 ? 2e-6 : 1e-14) * static_cast<double>(k) + 1e-6 * (sizeof(T) == 4));
      }
    }
  }
}

TEST_CASE("OpenBLAS takes the kernels of what the CPU can, not those of the models it knows", "[kernel]") {
  const std::string used = blas_description();
  INFO(used);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    for (const char* old : {"Prescott", "Core2", "Penryn", "Nehalem", "Sandybridge", "Barcelona"}) CHECK(used.find(std::string("kernel ") + old) == std::string::npos);
  }
}

TEST_CASE("products of two threads at once are right, again and again", "[kernel]") {
  // the serial build of OpenBLAS fails here a few times in a thousand
  Pool pool(2);
  const auto a = random<float>(400, 1), b = random<float>(400, 2);
  std::vector<float> c(320), d(320), first(320), second(320);
  auto both = [&](Pool& on, float* x, float* y) {
    multiply<float>(on, {{Op::transposed, Op::plain, 16, 20, 20, a.data(), 16, b.data(), 20, x, 20}, {Op::plain, Op::plain, 20, 16, 16, b.data(), 16, a.data(), 16, y, 16}});
  };
  Pool alone(1);
  both(alone, first.data(), second.data());
  int wrong = 0;
  for (int round = 0; round < 100000; ++round) {
    both(pool, c.data(), d.data());
    wrong += c != first || d != second;
  }
  REQUIRE(wrong == 0);
}

TEMPLATE_TEST_CASE("column moments, sums and maps agree with plain loops in long double", "[kernel]", float, double) {
  using T = TestType;
  const double tolerance = sizeof(T) == 4 ? 3e-6 : 1e-13;
  Pool pool(2);
  for (const auto& [rows, channels, offset] : {std::tuple<Index, Index, double>{2, 1, 0}, {60, 100, 3}, {1000, 17, -50}, {129, 200, 0}, {64, 64, 0}}) {
    const auto x = random<T>(static_cast<size_t>(rows * channels), 5, offset), dy = random<T>(static_cast<size_t>(rows * channels), 6);
    const Shape shape{rows, 1, 1, channels};
    const auto c = static_cast<size_t>(channels);
    std::vector<double> partial(static_cast<size_t>(column_scratch(rows, channels))), mean(c), variance(c), s1(c), s2(c), s(c);
    column_moments<T>(pool, {x.data(), shape}, mean.data(), variance.data(), partial.data());
    const auto center = random<T>(c, 7), a = random<T>(c, 8), b = random<T>(c, 9), d = random<T>(c, 10);
    column_sums<T>(pool, {dy.data(), shape}, {x.data(), shape}, center.data(), s1.data(), s2.data(), partial.data());
    column_sum<T>(pool, {dy.data(), shape}, s.data(), partial.data());
    std::vector<T> y(x.size()), dx(x.size());
    column_affine<T>(pool, {x.data(), shape}, center.data(), a.data(), b.data(), {y.data(), shape});
    column_combine<T>(pool, {dy.data(), shape}, {x.data(), shape}, center.data(), a.data(), b.data(), d.data(), {dx.data(), shape});
    for (size_t k = 0; k < c; ++k) {
      long double m = 0, v = 0, one = 0, two = 0, size_one = 1, size_two = 1;
      for (size_t r = 0; r < static_cast<size_t>(rows); ++r) m += static_cast<long double>(x[r * c + k]) / rows;
      for (size_t r = 0; r < static_cast<size_t>(rows); ++r) {
        const long double dev = static_cast<long double>(x[r * c + k]) - m, g = dy[r * c + k], off = static_cast<long double>(x[r * c + k]) - static_cast<long double>(center[k]);
        v += dev * dev / rows, one += g, two += g * off, size_one += std::abs(g), size_two += std::abs(g * off);
      }
      REQUIRE(std::abs(mean[k] - static_cast<double>(m)) <= tolerance * (1 + std::abs(offset)));
      REQUIRE(std::abs(variance[k] - static_cast<double>(v)) <= 10 * tolerance * static_cast<double>(v));
      REQUIRE(std::abs(s1[k] - static_cast<double>(one)) <= tolerance * static_cast<double>(size_one));
      REQUIRE(std::abs(s[k] - static_cast<double>(one)) <= tolerance * static_cast<double>(size_one));
      REQUIRE(std::abs(s2[k] - static_cast<double>(two)) <= tolerance * static_cast<double>(size_two));
      const size_t i = static_cast<size_t>(rows - 1) * c + k;
      const double shifted = static_cast<double>(x[i]) - static_cast<double>(center[k]);
      REQUIRE(static_cast<double>(y[i]) == Approx(shifted * static_cast<double>(a[k]) + static_cast<double>(b[k])).margin(100 * tolerance));
      REQUIRE(static_cast<double>(dx[i]) == Approx(static_cast<double>(a[k] * dy[i]) + static_cast<double>(b[k]) * shifted + static_cast<double>(d[k])).margin(100 * tolerance));
    }
  }
}

TEST_CASE("exponential in float is within 2 units in the last place of the library's", "[kernel]") {
  double worst = 0;
  for (float x = -86.9f; x < 87.9f; x += 0.00137f) {
    const double exact = std::exp(static_cast<double>(x));
    worst = std::max(worst, std::abs(static_cast<double>(exponential(x)) - exact) / exact);
  }
  REQUIRE(worst <= 2 * 0x1p-23);
  REQUIRE(exponential(0.0f) == 1.0f);
  REQUIRE(exponential(-200.0f) == 0.0f);
  REQUIRE(exponential(-std::numeric_limits<float>::infinity()) == 0.0f);
  REQUIRE(exponential(std::numeric_limits<float>::infinity()) == std::numeric_limits<float>::infinity());
  REQUIRE(std::isnan(exponential(std::nanf(""))));
}

TEST_CASE("dot does not depend on threads", "[kernel]") {
  const auto a = random<float>(100001, 1), b = random<float>(100001, 2);
  Pool one(1), three(3);
  double slow = 0;
  for (size_t i = 0; i < a.size(); ++i) slow += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  REQUIRE(dot(one, a.data(), b.data(), 100001) == dot(three, a.data(), b.data(), 100001));
  REQUIRE(dot(one, a.data(), b.data(), 100001) == Approx(slow).epsilon(1e-9));
}

TEST_CASE("the pool does every piece once, from many threads, again and again", "[kernel]") {
  Pool pool(4);
  for (int round = 0; round < 2000; ++round) {
    std::vector<int> count(static_cast<size_t>(round % 37), 0);
    pool.run(round % 37, [&](int i) { ++count[static_cast<size_t>(i)]; });
    for (const int c : count) REQUIRE(c == 1);
  }
}

TEST_CASE("a workspace keeps regions apart, aligned and of the planned size", "[kernel]") {
  Planner planner(sizeof(float));
  planner.enter("a");
  const Slot w = planner.parameters("weight", {3, 1, 1, 5}, Role::weight), s1 = planner.scratch({1, 1, 1, 100});
  planner.end_of_layer();
  planner.enter("b");
  const Slot v = planner.parameters("gamma", {1, 1, 1, 7}, Role::gain), s2 = planner.scratch({1, 1, 1, 40});
  const Plan plan = planner.finish();
  const Workspace<float> ws(plan);
  REQUIRE(plan.parameters[1].name == "b/gamma");
  REQUIRE(s1.offset == s2.offset);  // shared: the maximum, not the sum
  REQUIRE(plan.size(Region::scratch) == 112);
  for (const Slot& slot : {w, v}) REQUIRE(reinterpret_cast<uintptr_t>(ws[slot].data) % 64 == 0);
  REQUIRE(ws[v].data >= ws[w].data + 15);
}
