// What Ioffe & Szegedy (2015) say of batch_norm, sections 3.2 to 3.4, and its relatives' special cases.
#include <catch2/catch.hpp>

#include "nn/layers/linear.h"
#include "support/layers.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

std::unique_ptr<Layer<double>> norm(const std::string& name, const std::string& options = "{}") {
  return make_as<Layer<double>>(norms<double>(), {name, options});
}

std::vector<double> copy(View<double> v) { return {v.data, v.data + v.size()}; }

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) worst = std::isnan(a[i] - b[i]) ? a[i] - b[i] : std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

// loss = <dy, norm(W u)> for a fixed u; returns output and dW for the weights scaled by `a`
struct Normalized {
  std::vector<double> y, dw, w;
};
Normalized through_linear(const std::string& name, double a, double shift) {
  Bench<double> linear(std::make_unique<Linear<double>>(6, true, chosen(initializers(), "he"), Choice{"plain", "{}"}), {20, 1, 1, 9});
  Bench<double> bn(norm(name, R"({"epsilon": 0})"), {20, 1, 1, 6});
  randomize(linear, 1);
  randomize(bn, 2);
  for (const char* p : {"weight", "bias"}) {
    const View<double> w = linear.parameter(p);
    for (Index i = 0; i < w.size(); ++i) w[i] = a * w[i] + (std::string(p) == "bias" ? shift : 0);
  }
  linear.forward(Mode::train);
  std::copy_n((*linear.ws)[linear.y].data, 120, (*bn.ws)[bn.x].data);
  bn.forward(Mode::train);
  bn.backward(Mode::train);
  std::copy_n((*bn.ws)[bn.dx].data, 120, (*linear.ws)[linear.dy].data);
  linear.backward(Mode::train);
  return {copy((*bn.ws)[bn.y]), copy(linear.gradient("weight")), copy(linear.parameter("weight"))};
}

}  // namespace

TEST_CASE("batch_norm is invariant to scale and shift of its input, and its gradient scales inversely", "[batch_norm]") {
  const Normalized base = through_linear("batch_norm", 1, 0);
  for (const double a : {0.1, 2.0, 10.0}) {
    const Normalized scaled = through_linear("batch_norm", a, 3);
    REQUIRE(largest_difference(base.y, scaled.y) <= 1e-11);
    std::vector<double> expected = base.dw;  // dL/d(aW) = (1/a) dL/dW
    for (double& g : expected) g /= a;
    REQUIRE(largest_difference(expected, scaled.dw) <= 1e-10 / a);
  }
}

TEST_CASE("batch_norm: <W_j, dL/dW_j> = 0 for every unit", "[batch_norm]") {
  const Normalized n = through_linear("batch_norm", 1, 0);
  for (size_t j = 0; j < 6; ++j) {
    double along = 0, size = 0;
    for (size_t i = 0; i < 9; ++i) along += n.w[j * 9 + i] * n.dw[j * 9 + i], size += std::abs(n.w[j * 9 + i] * n.dw[j * 9 + i]);
    REQUIRE(std::abs(along) <= 1e-12 * size);
  }
}

TEST_CASE("batch_norm's running statistics: exponential, cumulative, unbiased, and evaluation uses them", "[batch_norm]") {
  const auto [running, kind] = GENERATE(table<std::string, std::string>({{"exponential", "unbiased"}, {"exponential", "biased"}, {"cumulative", "unbiased"}}));
  Bench<double> bn(norm("batch_norm", R"({"running_momentum": 0.3, "epsilon": 0.001, "running": ")" + running + R"(", "running_variance": ")" + kind + "\"}"), {7, 1, 1, 3});
  std::vector<double> mean(3, 0), variance(3, 1);
  for (int batch = 0; batch < 4; ++batch) {
    fill_normal(Stream(9, "batches"), static_cast<uint64_t>(batch), (*bn.ws)[bn.x], 2, 1);
    bn.forward(Mode::train);
    const double rate = running == "exponential" ? 0.3 : 1.0 / (batch + 1);
    for (Index c = 0; c < 3; ++c) {
      double m = 0, v = 0;
      for (Index r = 0; r < 7; ++r) m += (*bn.ws)[bn.x].at(r, c) / 7;
      for (Index r = 0; r < 7; ++r) v += std::pow((*bn.ws)[bn.x].at(r, c) - m, 2) / (kind == "unbiased" ? 6 : 7);
      const auto k = static_cast<size_t>(c);
      mean[k] = (1 - rate) * mean[k] + rate * m, variance[k] = (1 - rate) * variance[k] + rate * v;
      REQUIRE(bn.state("running_mean")[c] == Approx(mean[k]).epsilon(1e-12));
      REQUIRE(bn.state("running_variance")[c] == Approx(variance[k]).epsilon(1e-12));
    }
  }
  bn.forward(Mode::evaluate);
  REQUIRE((*bn.ws)[bn.y].at(4, 2) == Approx(((*bn.ws)[bn.x].at(4, 2) - mean[2]) / std::sqrt(variance[2] + 0.001)).epsilon(1e-12));
}

TEST_CASE("calibration is the plain average since it began, whatever stood there", "[batch_norm]") {
  Bench<double> bn(norm("batch_norm"), {8, 1, 1, 2});
  randomize(bn, 1);
  bn.layer->begin_calibration(*bn.ws);
  double sum = 0;
  for (uint64_t batch = 0; batch < 3; ++batch) {
    fill_normal(Stream(2, "x"), batch, (*bn.ws)[bn.x]);
    bn.forward(Mode::calibrate);
    for (Index r = 0; r < 8; ++r) sum += (*bn.ws)[bn.x].at(r, 1) / 24;
  }
  REQUIRE(bn.state("running_mean")[1] == Approx(sum).epsilon(1e-12));
}

TEST_CASE("the variance of a batch far from zero does not cancel", "[batch_norm]") {
  Bench<float> bn(make_as<Layer<float>>(norms<float>(), {"batch_norm", "{}"}), {4096, 1, 1, 1});
  for (Index r = 0; r < 4096; ++r) (*bn.ws)[bn.x][r] = 10000.0f + static_cast<float>(r % 2);  // variance 1/4
  bn.forward(Mode::train);
  REQUIRE((*bn.ws)[bn.y][0] == Approx(-1).epsilon(1e-3));
  REQUIRE((*bn.ws)[bn.y][1] == Approx(1).epsilon(1e-3));
}

TEST_CASE("relatives reduce to batch_norm where their definitions say so", "[batch_norm]") {
  const auto [name, options] = GENERATE(table<std::string, std::string>({{"ghost_batch_norm", R"({"ghost_size": 12})"},
                                                                        {"batch_renorm", R"({"r_max": 1, "d_max": 0})"},
                                                                        {"noisy_batch_norm", R"({"n_mu": 0, "n_sigma": 1, "r_mu": 0, "r_sigma": 0})"}}));
  Bench<double> bn(norm("batch_norm"), {12, 1, 1, 5}), other(norm(name, options), {12, 1, 1, 5});
  randomize(bn, 6);
  randomize(other, 6);
  for (Bench<double>* b : {&bn, &other}) b->forward(Mode::train), b->backward(Mode::train);
  INFO(name);
  REQUIRE(largest_difference(copy((*bn.ws)[bn.y]), copy((*other.ws)[other.y])) <= 1e-13);
  REQUIRE(largest_difference(copy((*bn.ws)[bn.dx]), copy((*other.ws)[other.dx])) <= 1e-13);
  REQUIRE(largest_difference(copy(bn.gradient("gamma")), copy(other.gradient("gamma"))) <= 1e-13);
}

TEST_CASE("stop_gradient_batch_norm: forward as batch_norm, dx = gamma / s dy", "[batch_norm]") {
  Bench<double> bn(norm("batch_norm"), {12, 1, 1, 5}), stop(norm("stop_gradient_batch_norm"), {12, 1, 1, 5});
  randomize(bn, 6);
  randomize(stop, 6);
  bn.forward(Mode::train);
  stop.forward(Mode::train);
  stop.backward(Mode::train);
  REQUIRE(copy((*bn.ws)[bn.y]) == copy((*stop.ws)[stop.y]));
  const View<double> x = (*stop.ws)[stop.x];
  for (Index c = 0; c < 5; ++c) {
    double m = 0, v = 0;
    for (Index r = 0; r < 12; ++r) m += x.at(r, c) / 12;
    for (Index r = 0; r < 12; ++r) v += std::pow(x.at(r, c) - m, 2) / 12;
    REQUIRE((*stop.ws)[stop.dx].at(3, c) == Approx(stop.parameter("gamma")[c] / std::sqrt(v + 1e-5) * (*stop.ws)[stop.dy].at(3, c)).epsilon(1e-10));
  }
}

TEST_CASE("batch_renorm: where r and d are clipped they are constants, and backward is the exact derivative", "[batch_norm]") {
  for (const double running_variance : {1e-6, 1e6}) {
    Bench<double> bench(norm("batch_renorm", R"({"r_max": 1.5, "d_max": 0.5})"), {6, 1, 1, 4});
    randomize(bench, 8);
    for (Index c = 0; c < 4; ++c) bench.state("running_mean")[c] = running_variance > 1 ? 1e5 : 100, bench.state("running_variance")[c] = running_variance;
    std::string where;
    REQUIRE(check_layer(bench, Mode::train, where) <= 1e-6);
  }
}

TEST_CASE("noisy_batch_norm: fresh noise each step, none outside training, of the stated size", "[batch_norm]") {
  Bench<double> bench(norm("noisy_batch_norm"), {2000, 1, 1, 40});
  fill_normal(Stream(1, "x"), 0, (*bench.ws)[bench.x]);
  bench.forward(Mode::train, 1);
  const auto first = copy((*bench.ws)[bench.y]);
  bench.forward(Mode::train, 1);
  REQUIRE(first == copy((*bench.ws)[bench.y]));
  bench.forward(Mode::train, 2);
  REQUIRE(first != copy((*bench.ws)[bench.y]));
  double shift = 0, scale = 0;  // mu_c ~ U(-0.5, 0.5): E|mu| = 1/4; sigma_c ~ U(1, 1.25): E = 1.125
  for (Index c = 0; c < 40; ++c) {
    double m = 0, v = 0;
    for (Index r = 0; r < 2000; ++r) m += (*bench.ws)[bench.y].at(r, c) / 2000;
    for (Index r = 0; r < 2000; ++r) v += std::pow((*bench.ws)[bench.y].at(r, c) - m, 2) / 2000;
    shift += std::abs(m) / 40, scale += std::sqrt(v) / 40;
  }
  REQUIRE(shift == Approx(0.25).margin(0.08));
  REQUIRE(scale == Approx(1.125).margin(0.04));
  bench.forward(Mode::batch_statistics, 2);
  double mean = 0;
  for (Index r = 0; r < 2000; ++r) mean += (*bench.ws)[bench.y].at(r, 0) / 2000;
  REQUIRE(std::abs(mean) <= 1e-12);
}

TEST_CASE("noise_only puts on any input what noisy_batch_norm puts on the output of batch_norm, and nothing outside training", "[batch_norm]") {
  Bench<double> bn(norm("batch_norm"), {12, 1, 1, 5}), noisy(norm("noisy_batch_norm"), {12, 1, 1, 5}), only(norm("noise_only"), {12, 1, 1, 5});
  for (Bench<double>* b : {&bn, &noisy}) randomize(*b, 6), b->forward(Mode::train, 3);
  std::copy_n((*bn.ws)[bn.y].data, 12 * 5, (*only.ws)[only.x].data);
  only.forward(Mode::train, 3);
  REQUIRE(largest_difference(copy((*only.ws)[only.y]), copy((*noisy.ws)[noisy.y])) <= 1e-14);
  for (const Mode mode : {Mode::evaluate, Mode::batch_statistics, Mode::calibrate, Mode::frozen}) {
    only.forward(mode, 3);
    REQUIRE(copy((*only.ws)[only.y]) == copy((*bn.ws)[bn.y]));
  }
}
