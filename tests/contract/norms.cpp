// True of every norm in the table; none is named here but where a rule cannot hold.
#include <catch2/catch.hpp>

#include "support/layers.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

const std::vector<Shape> shapes{{6, 1, 1, 8}, {5, 2, 3, 4}, {70, 1, 1, 4}};
const std::vector<Mode> modes{Mode::train, Mode::evaluate, Mode::batch_statistics, Mode::calibrate};

std::unique_ptr<Layer<double>> norm(const std::string& name, const std::string& options = "{}") {
  return make_as<Layer<double>>(norms<double>(), {name, options});
}

bool takes(const Layer<double>& layer, Shape shape) { return layer.refuses(shape).empty(); }

}  // namespace

TEST_CASE("every norm: backward agrees with central differences", "[contract][norm]") {
  const auto name = GENERATE(from_range(norms<double>().names()));
  const auto shape = GENERATE(from_range(shapes));
  const auto mode = GENERATE(from_range(modes));
  for (const bool affine : {true, false}) {
    auto layer = norm(name);
    const auto options = option_texts([&](Fields& f) { layer->describe(f); });
    const bool has_affine = std::any_of(options.begin(), options.end(), [](const auto& o) { return o.name == "affine"; });
    if (!affine && !has_affine) continue;
    if (!affine) layer = norm(name, R"({"affine": false})");
    if (!takes(*layer, shape) || (!layer->exact_derivative() && mode != Mode::evaluate)) continue;
    Bench<double> bench(std::move(layer), shape);
    randomize(bench, 11);
    std::string where;
    const double error = check_layer(bench, mode, where);
    INFO(name << " " << text(shape) << " mode " << static_cast<int>(mode) << " affine " << affine << " " << where << ": " << error);
    REQUIRE(error <= 1e-6);
  }
}

TEST_CASE("every norm: frozen is the map of the pass before, its statistics constant", "[contract][norm]") {
  const auto name = GENERATE(from_range(norms<double>().names()));
  const auto shape = GENERATE(from_range(shapes));
  auto layer = norm(name);
  if (!takes(*layer, shape)) return;
  Bench<double> bench(std::move(layer), shape);
  randomize(bench, 11);
  bench.forward(Mode::batch_statistics);
  const View<double> y = (*bench.ws)[bench.y];
  const std::vector<double> expected(y.data, y.data + y.size()), state(bench.ws->state().data, bench.ws->state().data + bench.ws->state().size());
  INFO(name << " " << text(shape));
  bench.forward(Mode::frozen);
  for (Index i = 0; i < y.size(); ++i) REQUIRE(y[i] == Approx(expected[static_cast<size_t>(i)]).epsilon(1e-12).margin(1e-12));
  std::string where;
  const double error = check_layer(bench, Mode::frozen, where);
  INFO(where << ": " << error);
  REQUIRE(error <= 1e-6);
  REQUIRE(std::equal(state.begin(), state.end(), bench.ws->state().data));
}

TEST_CASE("every option of a norm keeps its backward right", "[contract][norm]") {
  const auto [name, options] = GENERATE(table<std::string, std::string>({
      {"lp_norm", R"({"p": "1"})"},
      {"lp_norm", R"({"p": "2"})"},
      {"lp_norm", R"({"p": "inf"})"},
      {"ghost_batch_norm", R"({"ghost_size": 2})"},
      {"ghost_batch_norm", R"({"ghost_size": 3})"},
      {"group_norm", R"({"groups": 2})"},
      {"group_norm", R"({"groups": 1})"},
      {"batch_norm", R"({"epsilon": 0.5})"},
      {"batch_norm", R"({"running": "cumulative", "running_variance": "biased"})"},
      {"noisy_batch_norm", R"({"n_mu": 2, "r_sigma": 0.7})"},
      {"dynamic_tanh", R"({"alpha": 1.7})"},
  }));
  for (const Mode mode : modes) {
    Bench<double> bench(norm(name, options), {6, 1, 2, 4});
    randomize(bench, 5);
    std::string where;
    const double error = check_layer(bench, mode, where);
    INFO(name << " " << options << " mode " << static_cast<int>(mode) << " " << where << ": " << error);
    REQUIRE(error <= 1e-6);
  }
}

TEST_CASE("every norm: state moves in train and calibrate only", "[contract][norm]") {
  const auto name = GENERATE(from_range(norms<double>().names()));
  for (const Mode mode : {Mode::evaluate, Mode::batch_statistics, Mode::frozen}) {
    auto layer = norm(name);
    const Shape shape{6, 2, 2, 4};
    Bench<double> bench(std::move(layer), shape);
    randomize(bench, 3);
    const std::vector<double> before(bench.ws->state().data, bench.ws->state().data + bench.ws->state().size());
    bench.forward(mode);
    bench.backward(mode);
    INFO(name << " mode " << static_cast<int>(mode));
    REQUIRE(std::equal(before.begin(), before.end(), bench.ws->state().data));
  }
}

TEST_CASE("every norm: a smaller batch than planned is computed as if it were all", "[contract][norm]") {
  const auto name = GENERATE(from_range(norms<double>().names()));
  Bench<double> large(norm(name), {9, 2, 2, 4}), small(norm(name), {5, 2, 2, 4});
  randomize(large, 2);
  std::copy_n((*large.ws)[large.x].data, 5 * 16, (*small.ws)[small.x].data);
  small.ws->copy_from(*large.ws);
  small.forward(Mode::train);
  large.ws->poison();
  std::copy_n((*small.ws)[small.x].data, 5 * 16, (*large.ws)[large.x].data);
  const View<double> y = large.ws->first(large.y, 5);
  large.layer->forward(large.pass(Mode::train), large.ws->first(large.x, 5), y);
  INFO(name);
  REQUIRE(std::equal(y.data, y.data + y.size(), (*small.ws)[small.y].data));
}

TEST_CASE("every norm: threads do not change a bit", "[contract][norm]") {
  const auto name = GENERATE(from_range(norms<float>().names()));
  auto run = [&](int threads) {
    Bench<float> bench(make_as<Layer<float>>(norms<float>(), {name, "{}"}), {64, 8, 8, 32});
    Pool pool(threads);
    const Stream stream(1, "x");
    stream.fill_normal(0, (*bench.ws)[bench.x].data, static_cast<size_t>((*bench.ws)[bench.x].size()));
    stream.fill_normal(1, (*bench.ws)[bench.dy].data, static_cast<size_t>((*bench.ws)[bench.dy].size()));
    const Pass<float> pass{*bench.ws, pool, Mode::train, 7, 3};
    bench.layer->forward(pass, (*bench.ws)[bench.x], (*bench.ws)[bench.y]);
    bench.layer->backward(pass, (*bench.ws)[bench.x], (*bench.ws)[bench.y], (*bench.ws)[bench.dy], (*bench.ws)[bench.dx]);
    std::vector<float> out((*bench.ws)[bench.y].data, (*bench.ws)[bench.y].data + (*bench.ws)[bench.y].size());
    out.insert(out.end(), (*bench.ws)[bench.dx].data, (*bench.ws)[bench.dx].data + (*bench.ws)[bench.dx].size());
    out.insert(out.end(), bench.ws->gradients().data, bench.ws->gradients().data + bench.ws->gradients().size());
    out.insert(out.end(), bench.ws->state().data, bench.ws->state().data + bench.ws->state().size());
    return out;
  };
  const auto one = run(1), three = run(3);
  INFO(name);
  REQUIRE(std::equal(one.begin(), one.end(), three.begin()));
}

TEST_CASE("every norm: two inputs of one batch are needed where batch statistics are", "[contract][norm]") {
  const auto name = GENERATE(from_range(norms<double>().names()));
  const auto layer = norm(name);
  const std::string why = layer->refuses({1, 1, 1, 8});
  const bool batch_statistics = name.find("batch") != std::string::npos && name != "frozen_batch_norm" && name != "population_batch_norm";
  INFO(name << ": " << why);
  if (batch_statistics) REQUIRE(why.find("at least 2 rows") != std::string::npos);
}
