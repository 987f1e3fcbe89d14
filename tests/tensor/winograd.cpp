// Winograd's convolution against the plain sum in double.
#include "tensor/kernels/winograd.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "core/rng.h"

using namespace bnlab;

namespace {

struct Case {
  Shape in;
  Index out;
};

std::vector<float> random(Index count, uint64_t seed) {
  std::vector<float> v(static_cast<size_t>(count));
  Stream(seed, "winograd").fill_normal(0, v.data(), v.size());
  return v;
}

// Calls body(output entry, input entry, weight entry) for every product of the convolution.
template <class Body>
void every_product(const Case& k, const Body& body) {
  const Shape& s = k.in;
  for (Index n = 0; n < s.n; ++n) {
    for (Index y = 0; y < s.h; ++y) {
      for (Index x = 0; x < s.w; ++x) {
        for (Index i = -1; i <= 1; ++i) {
          for (Index j = -1; j <= 1; ++j) {
            if (y + i < 0 || y + i >= s.h || x + j < 0 || x + j >= s.w) continue;
            for (Index o = 0; o < k.out; ++o) {
              for (Index c = 0; c < s.c; ++c) {
                body(((n * s.h + y) * s.w + x) * k.out + o, ((n * s.h + y + i) * s.w + x + j) * s.c + c, ((o * 3 + i + 1) * 3 + j + 1) * s.c + c);
              }
            }
          }
        }
      }
    }
  }
}

// Largest error as a share of the largest value.
double error(const std::vector<double>& exact, const std::vector<float>& got) {
  double worst = 0, largest = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double e = std::abs(exact[i] - static_cast<double>(got[i]));
    worst = std::isnan(e) ? e : std::max(worst, e), largest = std::max(largest, std::abs(exact[i]));
  }
  return worst / largest;
}

}  // namespace

TEST_CASE("winograd: the moments of what it computes", "[kernel][winograd]") {
  const Shape in = GENERATE(Shape{9, 8, 8, 16}, Shape{3, 5, 7, 32}, Shape{40, 32, 32, 16}), out = in.with_c(32);
  const float offset = GENERATE(0.0f, 3000.0f);  // means far from 0: E[y^2] - mean^2 in float would have no digit left
  const auto x = random(in.size(), 1), w = random(9 * in.c * out.c, 2), skip = random(out.size(), 3);
  const std::vector<float> bias(static_cast<size_t>(out.c), offset);
  std::vector<float> u(static_cast<size_t>(winograd::transformed_weights(in.c, out.c))), s(static_cast<size_t>(winograd::convolve_scratch(in, out.c)), std::nanf("")), y(skip.size());
  Pool pool(2), alone(1);
  winograd::transform_weights(pool, w.data(), in.c, out.c, u.data());
  for (const bool tail : {false, true}) {
    std::vector<double> moments(static_cast<size_t>(2 * out.c)), again(moments.size());
    winograd::Finish finish{bias.data(), false, tail ? skip.data() : nullptr, tail, moments.data()};
    winograd::convolve(pool, {x.data(), in}, u.data(), {y.data(), out}, finish, s.data());
    finish.moments = again.data();
    winograd::convolve(alone, {x.data(), in}, u.data(), {y.data(), out}, finish, s.data());
    CHECK(again == moments);
    for (Index c = 0; c < out.c; ++c) {
      double mean = 0, variance = 0;
      for (Index r = 0; r < out.rows(); ++r) mean += static_cast<double>(y[static_cast<size_t>(r * out.c + c)]) / static_cast<double>(out.rows());
      for (Index r = 0; r < out.rows(); ++r) variance += std::pow(static_cast<double>(y[static_cast<size_t>(r * out.c + c)]) - mean, 2) / static_cast<double>(out.rows());
      INFO(text(in) << " offset " << offset << " channel " << c);
      REQUIRE(std::abs(moments[static_cast<size_t>(c)] - mean) <= 1e-6 * std::sqrt(variance));
      REQUIRE(std::abs(moments[static_cast<size_t>(out.c + c)] - variance) <= 2e-6 * variance);
    }
  }
}

TEST_CASE("winograd: all three passes agree with the plain sum", "[kernel][winograd]") {
  const auto k = GENERATE(Case{{2, 8, 8, 16}, 16}, Case{{3, 5, 7, 32}, 16}, Case{{1, 3, 3, 16}, 64}, Case{{9, 4, 4, 64}, 48}, Case{{2, 13, 6, 48}, 32}, Case{{5, 7, 7, 128}, 112}, Case{{5, 12, 12, 96}, 128});
  const Shape in = k.in, out = in.with_c(k.out);
  REQUIRE(winograd::takes(in, k.out));
  Pool pool(2), alone(1);
  const auto x = random(in.size(), 1), w = random(9 * in.c * k.out, 2), dy = random(out.size(), 3), bias = random(k.out, 4);
  std::vector<double> y(static_cast<size_t>(out.size())), dx(x.size()), dw(w.size());
  for (size_t i = 0; i < y.size(); ++i) y[i] = static_cast<double>(bias[i % static_cast<size_t>(k.out)]);
  every_product(k, [&](Index o, Index i, Index t) {
    const auto at = static_cast<size_t>(o), from = static_cast<size_t>(i), tap = static_cast<size_t>(t);
    y[at] += static_cast<double>(x[from]) * static_cast<double>(w[tap]);
    dx[from] += static_cast<double>(dy[at]) * static_cast<double>(w[tap]);
    dw[tap] += static_cast<double>(dy[at]) * static_cast<double>(x[from]);
  });
  const Index scratch = std::max({winograd::convolve_scratch(in, k.out), winograd::convolve_scratch(out, in.c), winograd::weight_gradient_scratch(in, k.out)});
  std::vector<float> s(static_cast<size_t>(scratch), std::nanf("")), u(static_cast<size_t>(winograd::transformed_weights(in.c, k.out)), std::nanf(""));
  std::vector<float> got_y(y.size(), std::nanf("")), got_dx(x.size(), std::nanf("")), got_dw(w.size(), std::nanf(""));
  winograd::transform_weights(pool, w.data(), in.c, k.out, u.data());
  winograd::convolve(pool, {x.data(), in}, u.data(), {got_y.data(), out}, {bias.data()}, s.data());
  INFO(text(in) << " -> " << k.out);
  CHECK(error(y, got_y) < 1e-5);
  auto again = got_y;
  winograd::convolve(alone, {x.data(), in}, u.data(), {again.data(), out}, {bias.data()}, s.data());
  CHECK((again == got_y));
  winograd::convolve(alone, {x.data(), in}, u.data(), {again.data(), out}, {bias.data(), true}, s.data());
  for (double& v : y) v *= 2;
  CHECK(error(y, again) < 1e-5);

  winograd::transform_turned_weights(pool, w.data(), in.c, k.out, u.data());
  winograd::convolve(pool, {dy.data(), out}, u.data(), {got_dx.data(), in}, {}, s.data());
  CHECK(error(dx, got_dx) < 1e-5);
  winograd::weight_gradient(pool, {x.data(), in}, {dy.data(), out}, got_dw.data(), s.data());
  CHECK(error(dw, got_dw) < 1e-5);
  auto dw_again = got_dw;
  winograd::weight_gradient(alone, {x.data(), in}, {dy.data(), out}, dw_again.data(), s.data());
  CHECK((dw_again == got_dw));
}
