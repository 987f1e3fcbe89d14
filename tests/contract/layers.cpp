// True of every activation, loss, initializer, weight map and scaling in the tables.
#include <catch2/catch.hpp>

#include "nn/layers/conv2d.h"
#include "nn/layers/dropout.h"
#include "nn/layers/linear.h"
#include "nn/layers/pooling.h"
#include "support/layers.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

const std::vector<Mode> modes{Mode::train, Mode::evaluate, Mode::batch_statistics};

void require_right(std::unique_ptr<Layer<double>> layer, Shape shape, Mode mode, const std::string& name) {
  Bench<double> bench(std::move(layer), shape);
  randomize(bench, 17);
  std::string where;
  const double error = check_layer(bench, mode, where);
  INFO(name << " " << where << ": " << error);
  REQUIRE(error <= 1e-6);
}

}  // namespace

TEST_CASE("every activation: backward agrees with central differences", "[contract]") {
  const auto name = GENERATE(from_range(activations<double>().names()));
  for (const Mode mode : modes) require_right(make_as<Layer<double>>(activations<double>(), {name, "{}"}), {4, 2, 3, 5}, mode, name);
}

TEST_CASE("linear under every weight map: backward agrees with central differences", "[contract]") {
  const auto map = GENERATE(from_range(weight_maps<double>().names()));
  for (const bool bias : {true, false}) {
    for (const Mode mode : modes) {
      require_right(std::make_unique<Linear<double>>(5, bias, chosen(initializers(), "he"), Choice{map, "{}"}), {4, 2, 1, 3}, mode, map);
    }
  }
}

TEST_CASE("conv2d: backward agrees with central differences for any kernel, stride, padding and weight map", "[contract]") {
  const auto [kernel, stride, pad] = GENERATE(table<Index, Index, Index>({{3, 1, 1}, {3, 2, 1}, {1, 1, 0}, {1, 2, 0}, {5, 1, 2}, {2, 2, 0}, {3, 1, 0}, {4, 3, 2}}));
  for (const auto& map : weight_maps<double>().names()) {
    require_right(std::make_unique<Conv2d<double>>(ConvOptions{3, kernel, stride, pad}, map == "plain", chosen(initializers(), "he"), Choice{map, "{}"}), {2, 5, 4, 3}, Mode::train,
                  "conv2d " + map);
  }
}

TEST_CASE("conv2d equals seven nested loops, in blocks and with threads", "[contract]") {
  const auto [kernel, stride, pad] = GENERATE(table<Index, Index, Index>({{3, 1, 1}, {3, 2, 1}, {1, 2, 0}, {5, 1, 2}}));
  const Shape in{70, 13, 11, 20};  // more patches than one block holds
  Bench<float> bench(std::make_unique<Conv2d<float>>(ConvOptions{6, kernel, stride, pad}, true, chosen(initializers(), "he"), Choice{"plain", "{}"}), in);
  const View<float> x = (*bench.ws)[bench.x], y = (*bench.ws)[bench.y], w = bench.parameter("weight");
  Stream(1, "x").fill_normal(0, x.data, static_cast<size_t>(x.size()));
  std::fill_n(bench.parameter("bias").data, 6, 0.25f);
  bench.forward(Mode::train);
  double worst = 0;
  for (Index i = 0; i < in.n; i += 23) {
    for (Index oy = 0; oy < bench.out.h; ++oy) {
      for (Index ox = 0; ox < bench.out.w; ++ox) {
        for (Index o = 0; o < 6; ++o) {
          double sum = 0.25;
          for (Index ky = 0; ky < kernel; ++ky) {
            for (Index kx = 0; kx < kernel; ++kx) {
              const Index iy = oy * stride + ky - pad, ix = ox * stride + kx - pad;
              if (iy < 0 || iy >= in.h || ix < 0 || ix >= in.w) continue;
              for (Index c = 0; c < in.c; ++c) sum += static_cast<double>(w[((o * kernel + ky) * kernel + kx) * in.c + c]) * static_cast<double>(x[((i * in.h + iy) * in.w + ix) * in.c + c]);
            }
          }
          const double error = std::abs(sum - static_cast<double>(y[((i * bench.out.h + oy) * bench.out.w + ox) * 6 + o]));
          worst = std::isnan(error) ? error : std::max(worst, error);
        }
      }
    }
  }
  REQUIRE(worst <= 1e-5);
}

TEST_CASE("pooling and the padded identity: backward agrees with central differences", "[contract]") {
  for (const Mode mode : modes) {
    require_right(std::make_unique<MaxPool<double>>(2, 2), {2, 5, 4, 3}, mode, "max_pool 2");
    require_right(std::make_unique<MaxPool<double>>(3, 1), {2, 5, 4, 3}, mode, "max_pool 3, stride 1");
    require_right(std::make_unique<AveragePool<double>>(2, 2), {2, 5, 4, 3}, mode, "average_pool 2");
    require_right(std::make_unique<AveragePool<double>>(0, 1), {2, 5, 4, 3}, mode, "global average pool");
    require_right(std::make_unique<PaddedIdentity<double>>(7, 2), {2, 5, 4, 3}, mode, "padded identity");
  }
  Bench<double> pool(std::make_unique<MaxPool<double>>(2, 2), {1, 2, 2, 1});
  for (const double bad : {std::nan(""), 3.0}) {
    const double values[4] = {1, bad, 2, -5};
    std::copy_n(values, 4, (*pool.ws)[pool.x].data);
    pool.forward(Mode::evaluate);
    REQUIRE(((*pool.ws)[pool.y][0] == bad || std::isnan((*pool.ws)[pool.y][0]) == std::isnan(bad)));
  }
}

TEST_CASE("dropout: backward agrees with central differences, keeps the mean, and is off outside training", "[contract]") {
  for (const Mode mode : modes) require_right(std::make_unique<Dropout<double>>(0.4), {6, 1, 1, 7}, mode, "dropout");
  Bench<double> bench(std::make_unique<Dropout<double>>(0.4), {500, 1, 1, 40});
  std::fill_n((*bench.ws)[bench.x].data, 20000, 1.0);
  bench.forward(Mode::train);
  double sum = 0, zeros = 0;
  for (Index i = 0; i < 20000; ++i) sum += (*bench.ws)[bench.y][i], zeros += (*bench.ws)[bench.y][i] == 0;
  REQUIRE(sum / 20000 == Approx(1).margin(0.03));
  REQUIRE(zeros / 20000 == Approx(0.4).margin(0.02));
  bench.forward(Mode::evaluate);
  REQUIRE((*bench.ws)[bench.y][123] == 1.0);
}

TEST_CASE("every loss: its gradient agrees with central differences", "[contract]") {
  const auto [name, options] = GENERATE(table<std::string, std::string>({{"softmax_cross_entropy", "{}"},
                                                                        {"softmax_cross_entropy", R"({"label_smoothing": 0.2})"},
                                                                        {"mean_squared_error", "{}"},
                                                                        {"mean_squared_error", R"({"reduction": "sum"})"},
                                                                        {"mean_squared_error", R"({"reduction": "sum_over_outputs"})"}}));
  const auto loss = make_as<Loss<double>>(losses<double>(), {name, options});
  for (const bool labels : {true, false}) {
    if (!labels && loss->needs_labels()) continue;
    std::vector<double> z(15), dz(15), targets(15);
    const std::vector<int32_t> classes{2, 0, 4};
    Stream(1, "z").fill_normal(0, z.data(), z.size());
    Stream(1, "z").fill_normal(1, targets.data(), targets.size());
    Batch<double> batch;
    batch.x = {z.data(), {3, 1, 1, 5}};
    if (labels) batch.labels = classes.data();
    if (!labels) batch.targets = {targets.data(), {3, 1, 1, 5}};
    const View<const double> output{z.data(), {3, 1, 1, 5}};
    (*loss)(output, batch, {dz.data(), {3, 1, 1, 5}});
    const double error = gradient_error([&] { return (*loss)(output, batch, {}); }, z.data(), dz.data(), 15);
    INFO(name << " " << options << ": " << error);
    REQUIRE(error <= 1e-6);
  }
}

TEST_CASE("a loss of infinite or undefined outputs is not finite", "[contract]") {
  const auto name = GENERATE(from_range(losses<float>().names()));
  const auto loss = make_as<Loss<float>>(losses<float>(), {name, "{}"});
  const std::vector<int32_t> classes{1, 0};
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    for (size_t at = 0; at < 6; ++at) {
      std::vector<float> z{0, 1, 2, 3, 4, 5};
      z[at] = bad;
      Batch<float> batch;
      batch.labels = classes.data();
      INFO(name << " entry " << at << " = " << bad);
      REQUIRE(!std::isfinite((*loss)({z.data(), {2, 1, 1, 3}}, batch, {})));
    }
  }
}

TEST_CASE("every scaling: backward agrees with central differences", "[contract][scaling]") {
  const auto name = GENERATE(from_range(scalings<double>().names()));
  const auto mode = GENERATE(from_range(modes));
  const Shape shape{3, 1, 2, 4};
  const auto scaling = make_as<Scaling<double>>(scalings<double>(), {name, "{}"});
  Planner planner(sizeof(double));
  planner.enter("join");
  scaling->plan(shape, 2, 5, planner);
  planner.end_of_layer();
  Workspace<double> ws(planner.finish());
  scaling->initialize(ws, 1);
  Pool pool;
  const Pass<double> pass{ws, pool, mode};
  const auto size = static_cast<size_t>(shape.size());
  std::vector<double> skip(size), branch(size), y(size), dy(size), dskip(size), dbranch(size);
  const Stream stream(1, "scaling");
  stream.fill_normal(0, skip.data(), size), stream.fill_normal(1, branch.data(), size), stream.fill_normal(2, dy.data(), size);
  uint64_t k = 3;
  for (const auto& entry : ws.plan().parameters) fill_normal(stream, k++, ws[entry.slot], 0.5, 0.7);
  auto loss = [&] {
    scaling->forward(pass, {skip.data(), shape}, {branch.data(), shape}, {y.data(), shape});
    double sum = 0;
    for (size_t i = 0; i < size; ++i) sum += y[i] * dy[i];
    return sum;
  };
  loss();
  ws.poison();
  loss();
  const View<const double> s{skip.data(), shape}, b{branch.data(), shape}, up{dy.data(), shape};
  if (GENERATE(true, false)) {
    scaling->backward(pass, s, b, up, {dskip.data(), shape}, {dbranch.data(), shape});
  } else {  // one destination at a time, as a network asks
    scaling->backward(pass, s, b, up, {}, {dbranch.data(), shape});
    scaling->backward(pass, s, b, up, {dskip.data(), shape}, {});
  }
  INFO(name << " mode " << static_cast<int>(mode));
  REQUIRE(gradient_error(loss, skip.data(), dskip.data(), shape.size()) <= 1e-6);
  REQUIRE(gradient_error(loss, branch.data(), dbranch.data(), shape.size()) <= 1e-6);
  for (const auto& entry : ws.plan().parameters) {
    REQUIRE(gradient_error(loss, ws[entry.slot].data, ws.gradient(entry.slot), entry.slot.shape.size()) <= 1e-6);
  }
}

TEST_CASE("initializers have the moments they promise", "[contract]") {
  constexpr Index out = 200, in = 300;
  const auto [name, options, variance] = GENERATE(table<std::string, std::string, double>({{"he", "{}", 2.0 / in},
                                                                                          {"he", R"({"distribution": "uniform"})", 2.0 / in},
                                                                                          {"he", R"({"gain": 0.5})", 0.5 / in},
                                                                                          {"glorot", "{}", 2.0 / (in + out)},
                                                                                          {"lecun", "{}", 1.0 / in},
                                                                                          {"normal", R"({"std": 0.1})", 0.01},
                                                                                          {"orthogonal", "{}", 1.0 / in},
                                                                                          {"zeros", "{}", 0.0}}));
  std::vector<double> w(out * in);
  const auto init = make_as<Initializer>(initializers(), {name, options});
  init->fill(Stream(1, "w"), w.data(), out, in);
  double mean = 0, square = 0;
  for (const double v : w) mean += v / static_cast<double>(w.size()), square += v * v / static_cast<double>(w.size());
  INFO(name << " " << options);
  REQUIRE(std::abs(mean) <= 5 * std::sqrt(variance / static_cast<double>(w.size())) + 1e-12);
  REQUIRE(square == Approx(variance).epsilon(0.03));
}

TEST_CASE("orthogonal: rows or columns are orthonormal, whichever are fewer", "[contract]") {
  for (const auto& [out, in] : {std::pair<Index, Index>{5, 9}, {9, 5}, {6, 6}}) {
    std::vector<double> w(static_cast<size_t>(out * in));
    make_as<Initializer>(initializers(), {"orthogonal", R"({"gain": 2})"})->fill(Stream(4, "w"), w.data(), out, in);
    const bool rows = out <= in;
    const Index few = std::min(out, in), many = std::max(out, in);
    for (Index a = 0; a < few; ++a) {
      for (Index b = 0; b < few; ++b) {
        double dot = 0;
        for (Index k = 0; k < many; ++k) dot += rows ? w[static_cast<size_t>(a * in + k)] * w[static_cast<size_t>(b * in + k)] : w[static_cast<size_t>(k * in + a)] * w[static_cast<size_t>(k * in + b)];
        REQUIRE(dot == Approx(a == b ? 4.0 : 0.0).margin(1e-12));
      }
    }
  }
}
