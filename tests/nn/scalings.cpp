// What the papers on residual scalings say of networks at initialization, and the rules of each scaling.
#include <catch2/catch.hpp>

#include <numeric>

#include "core/error.h"
#include "model/model.h"
#include "nn/layers/channel_bias.h"
#include "support/layers.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

ModelConfig config_of(const std::string& json) {
  ModelConfig config;
  read_fields(Document::parse("{" + json + "}", "test"), [&](Fields& f) { config.describe(f); });
  return config;
}

// A network at initialization that has seen one batch of N(0, scale^2).
struct Seen {
  Network<float> network;
  Workspace<float> ws;
  Pool pool;
  Index n;

  Seen(const std::string& json, Shape in, uint64_t seed = 1, double scale = 1, Mode mode = Mode::batch_statistics)
      : network(build_network<float>(config_of(json), in, 10)), ws(network.plan(), false), n(in.n) {
    network.initialize(ws, seed);
    std::vector<float> x(static_cast<size_t>(in.size()));
    Stream(seed, "x").fill_normal(0, x.data(), x.size());
    for (float& v : x) v *= static_cast<float>(scale);
    network.forward({ws, pool, mode}, {x.data(), in});
  }
  View<float> output(int node) const { return network.output_of(ws, node, n); }
  int find(const std::string& name) const {
    for (size_t i = 0; i < network.nodes().size(); ++i) {
      if (network.nodes()[i].name == name) return static_cast<int>(i);
    }
    return -1;
  }
  View<float> parameter(const std::string& name) const {
    for (const auto& entry : network.plan().parameters) {
      if (entry.name == name) return ws[entry.slot];
    }
    return {};
  }
  std::vector<Node<float> const*> joins() const {
    std::vector<Node<float> const*> out;
    for (const auto& node : network.nodes()) {
      if (node.kind == NodeKind::join) out.push_back(&node);
    }
    return out;
  }
};

// Means over channels of the batch variance and of the squared batch mean.
struct Spread {
  double variance = 0, mean2 = 0;
  double total() const { return variance + mean2; }
};
Spread spread(View<const float> x) {
  Spread out;
  for (Index c = 0; c < x.c(); ++c) {
    double sum = 0, squares = 0;
    for (Index r = 0; r < x.rows(); ++r) sum += static_cast<double>(x.at(r, c));
    const double mean = sum / static_cast<double>(x.rows());
    for (Index r = 0; r < x.rows(); ++r) squares += std::pow(static_cast<double>(x.at(r, c)) - mean, 2);
    out.variance += squares / static_cast<double>(x.rows() * x.c());
    out.mean2 += mean * mean / static_cast<double>(x.c());
  }
  return out;
}

// Of skip, branch and join of each block, averaged over seeds.
struct Block {
  Spread skip, branch, join;
};
std::vector<Block> blocks_of(const std::string& json, int seeds = 3, double scale = 1) {
  std::vector<Block> out;
  auto add = [&](Spread& to, Spread from) { to.variance += from.variance / seeds, to.mean2 += from.mean2 / seeds; };
  for (int seed = 1; seed <= seeds; ++seed) {
    const Seen seen(R"("name": "residual_mlp", "width": 256, )" + json, {512, 1, 1, 256}, static_cast<uint64_t>(seed), scale);
    const auto joins = seen.joins();
    out.resize(joins.size());
    for (size_t k = 0; k < joins.size(); ++k) {
      add(out[k].skip, spread(seen.output(joins[k]->input)));
      add(out[k].branch, spread(seen.output(joins[k]->branch)));
      add(out[k].join, spread(seen.output(static_cast<int>(joins[k] - seen.network.nodes().data()))));
    }
  }
  return out;
}

template <class Of>
double slope(const std::vector<Block>& blocks, const Of& of) {
  const auto n = static_cast<double>(blocks.size());
  double x = 0, y = 0, xx = 0, xy = 0;
  for (size_t k = 0; k < blocks.size(); ++k) {
    const double at = static_cast<double>(k + 1), value = of(blocks[k]);
    x += at / n, y += value / n, xx += at * at / n, xy += at * value / n;
  }
  return (xy - x * y) / (xx - x * x);
}

const std::string one = R"("layers_per_block": 1, )";

}  // namespace

TEST_CASE("without norms the second moment doubles with each block", "[scaling]") {
  const auto [options, seeds] = GENERATE(table<std::string, int>({{R"("blocks": 40, "layers_per_block": 1)", 3},
                                                                 {R"("blocks": 40, "layers_per_block": 2)", 3},
                                                                 {R"("blocks": 40, "layers_per_block": 1, "activation": "identity", "initializer": "lecun")", 3}}));
  const auto blocks = blocks_of(options, seeds);
  const double rate = slope(blocks, [](const Block& b) { return std::log2(b.join.total()); });
  INFO(options << " " << rate);
  CHECK(rate == Approx(1).margin(0.05));
}

// De & Smith 2020: E[ReLU(z)]^2 = 1 / (2 pi) and E[ReLU(z)^2] = 1/2 for z of N(0, 1), times the 2 of He's weights.
TEST_CASE("with batch_norm each branch adds a variance of 1 - 1/pi and a squared mean of 1/pi", "[scaling]") {
  const auto blocks = blocks_of(one + R"("blocks": 60, "norm": "batch_norm", "placement": "before_activation")");
  const double variance = slope(blocks, [](const Block& b) { return b.join.variance; }), mean2 = slope(blocks, [](const Block& b) { return b.join.mean2; });
  INFO(variance << " " << mean2);
  CHECK(variance == Approx(1 - 1 / M_PI).margin(0.05));
  CHECK(mean2 == Approx(1 / M_PI).margin(0.06));
}

TEST_CASE("with batch_norm and no activation each branch adds a variance of 1, one part in `block` of the skip's", "[scaling]") {
  const auto blocks = blocks_of(one + R"("blocks": 60, "norm": "batch_norm", "placement": ["block*/before_weight"], "activation": "identity", "initializer": "lecun")");
  const double rate = slope(blocks, [](const Block& b) { return b.join.variance; });
  INFO(rate);
  CHECK(rate == Approx(1).margin(0.05));
  for (size_t k = 0; k < blocks.size(); ++k) CHECK(blocks[k].branch.variance / blocks[k].skip.variance * static_cast<double>(k + 1) == Approx(1).margin(0.1));
}

TEST_CASE("divide_sqrt2 keeps the second moment", "[scaling]") {
  // With ReLU all samples soon point one way, and the width (256) lets the moment wander by 8 % a block.
  const auto blocks = blocks_of(one + R"("blocks": 48, "scaling": "divide_sqrt2")");
  CHECK(slope(blocks, [](const Block& b) { return std::log2(b.join.total()); }) == Approx(0).margin(0.05));
  for (const auto& block : blocks_of(one + R"("blocks": 48, "scaling": "divide_sqrt2", "activation": "identity", "initializer": "lecun")")) {
    CHECK(block.join.total() == Approx(1).epsilon(0.1));
  }
}

// Brock, De & Smith 2021. The stem is meant to leave variance 1; its rows have norm gamma, so its input has 1 / gamma^2.
TEST_CASE("nf with scaled weight standardization: variance 1 + alpha^2 i, no mean, branches of variance 1", "[scaling]") {
  const auto layers = GENERATE(1, 2);
  const double gamma = std::sqrt(2 / (1 - 1 / M_PI));
  const auto blocks = blocks_of(R"("blocks": 48, "scaling": "nf", "weights": {"name": "scaled_weight_standardization", "gamma": )" + std::to_string(gamma) +
                                    R"(}, "layers_per_block": )" + std::to_string(layers), 3, 1 / gamma);
  for (size_t k = 0; k < blocks.size(); ++k) {
    INFO(layers << " layers, block " << k + 1);
    CHECK(blocks[k].join.variance == Approx(1 + 0.04 * static_cast<double>(k + 1)).epsilon(0.05));
    CHECK(blocks[k].join.mean2 < 0.02);
    CHECK(blocks[k].branch.variance == Approx(1).margin(0.1));
  }
}

TEST_CASE("nf without standardized weights keeps the second moment as expected, but the mean grows", "[scaling]") {
  const auto blocks = blocks_of(R"("blocks": 48, "scaling": "nf", "layers_per_block": 1)", 3, std::sqrt(0.5));
  CHECK(blocks.back().join.total() == Approx(1 + 0.04 * 48).epsilon(0.05));
  CHECK(blocks.back().join.mean2 > 0.3);
}

TEST_CASE("nf begins to count afresh where the shape changes, and divides the shortcut there too", "[scaling]") {
  auto divisors = [](const std::string& json) {
    const Seen seen(json + R"(, "scaling": "nf")", {2, 8, 8, 3});
    std::vector<std::pair<std::string, double>> out;
    for (size_t i = 0; i < seen.network.nodes().size(); ++i) {
      const auto& node = seen.network.nodes()[i];
      if (node.kind != NodeKind::scaling) continue;
      double ratio = 0;
      const View<float> x = seen.output(node.input), y = seen.output(static_cast<int>(i));
      for (Index k = 0; k < x.size() && ratio == 0; ++k) ratio = y[k] != 0 ? std::pow(static_cast<double>(x[k]) / static_cast<double>(y[k]), 2) : 0;
      out.emplace_back(node.name, std::round(1e4 * ratio) / 1e4);
    }
    return out;
  };
  using Divisors = std::vector<std::pair<std::string, double>>;
  CHECK(divisors(R"("name": "resnet_cifar", "depth": 14, "width": 4)") ==
        Divisors{{"block2/branch", 1.04}, {"block3/transition", 1.08}, {"block3/branch", 1.08}, {"block4/branch", 1.04}, {"block5/transition", 1.08}, {"block5/branch", 1.08}, {"block6/branch", 1.04}});
  // the projection takes the activated input, which is behind the branch's place already
  CHECK(divisors(R"("name": "wide_resnet", "depth": 16, "width": 4, "k": 2)") ==
        Divisors{{"block2/branch", 1.04}, {"block3/branch", 1.08}, {"block4/branch", 1.04}, {"block5/branch", 1.08}, {"block6/branch", 1.04}});
  CHECK(divisors(R"("name": "wide_resnet", "depth": 16, "width": 4, "k": 1)") ==
        Divisors{{"block2/branch", 1.04}, {"block3/branch", 1.08}, {"block4/branch", 1.04}, {"block5/branch", 1.08}, {"block6/branch", 1.04}});
}

TEST_CASE("rescale keeps the second moment at any depth", "[scaling]") {
  // c = L, and L - 1 as in the official code; with c = 1 the first blocks weigh most and width 256 scatters by 10 %
  const auto [options, c] = GENERATE(table<std::string, std::string>({{R"("blocks": 48, "layers_per_block": 1)", R"("rescale")"},
                                                                      {R"("blocks": 48, "layers_per_block": 2)", R"({"name": "rescale", "c": 47})"},
                                                                      {R"("blocks": 96, "layers_per_block": 1)", R"({"name": "rescale", "multiplier": "fixed"})"}}));
  const auto blocks = blocks_of(options + R"(, "scaling": )" + c, 5);
  for (size_t k = 0; k < blocks.size(); ++k) {
    INFO(options << " " << c << " block " << k + 1);
    CHECK(blocks[k].join.total() / blocks[0].skip.total() == Approx(1).margin(0.05));
  }
}

TEST_CASE("rescale: every branch weighs 1 / sqrt(L + c) at the output, at the start", "[scaling]") {
  const Seen seen(R"("name": "residual_mlp", "blocks": 7, "width": 8, "layers_per_block": 3, "scaling": {"name": "rescale", "c": 2})", {4, 1, 1, 5});
  const Seen plain(R"("name": "residual_mlp", "blocks": 7, "width": 8, "layers_per_block": 3)", {4, 1, 1, 5});
  for (int k = 1; k <= 7; ++k) {
    double gains = 1, later = 1;
    for (const char* layer : {"linear", "linear2", "linear3"}) {
      const std::string name = "block" + std::to_string(k) + "/" + layer + "/weight";
      gains *= static_cast<double>(seen.parameter(name)[3] / plain.parameter(name)[3]);
    }
    for (int j = k + 1; j <= 7; ++j) later *= std::sqrt((j + 1.0) / (j + 2.0));
    CHECK(gains / std::sqrt(7) * later == Approx(1 / std::sqrt(9)).epsilon(1e-6));
    CHECK(seen.parameter("block" + std::to_string(k) + "/add/multiplier")[0] == 1);
  }
}

TEST_CASE("blocks that start as identities are exactly that", "[scaling]") {
  const auto options = GENERATE(R"("scaling": "skip_init")", R"("scaling": "rezero")", R"("scaling": "fixup")", R"("scaling": {"name": "nf", "gain": true})",
                                R"("scaling": "fixup", "weights": "weight_norm")", R"("scaling": "fixup", "weights": "scaled_weight_standardization")",
                                R"("scaling": "zero_gamma", "norm": "batch_norm", "placement": "branch_end")", R"("scaling": "zero_gamma", "norm": "dynamic_tanh", "placement": ["branch_end", "before_activation"])",
                                R"("scaling": "zero_gamma", "norm": "layer_norm", "placement": "branch_end")");
  for (const char* body : {R"("name": "residual_mlp", "blocks": 4, "width": 16)", R"("name": "resnet_cifar", "depth": 14, "width": 4)", R"("name": "wide_resnet", "depth": 16, "width": 4)"}) {
    const Seen seen(body + std::string(", ") + options, {3, 8, 8, 2});
    for (const auto* join : seen.joins()) {
      const View<float> skip = seen.output(join->input), y = seen.output(static_cast<int>(join - seen.network.nodes().data()));
      INFO(body << " " << options << " " << join->name);
      REQUIRE(std::equal(skip.data, skip.data + skip.size(), y.data));
      REQUIRE(std::any_of(skip.data, skip.data + skip.size(), [](float v) { return v != 0 && std::isfinite(v); }));
    }
  }
}

TEST_CASE("fixup: its three rules, each on its own", "[scaling]") {
  const std::string body = R"("name": "residual_mlp", "blocks": 16, "width": 8, "layers_per_block": 3, "scaling": )";
  auto ratio = [&](const Seen& seen, const Seen& plain, const char* name) { return static_cast<double>(seen.parameter(name)[5] / plain.parameter(name)[5]); };
  const Shape in{4, 1, 1, 5};
  const Seen plain(body + R"("none")", in), all(body + R"("fixup")", in), only1(body + R"({"name": "fixup", "scale_layers": false, "scalars": false})", in),
      only2(body + R"({"name": "fixup", "zero_last": false, "scalars": false})", in), only3(body + R"({"name": "fixup", "zero_last": false, "scale_layers": false})", in);
  for (const Seen* seen : {&all, &only1}) {
    CHECK(ratio(*seen, plain, "block3/linear3/weight") == 0);
    CHECK(ratio(*seen, plain, "output/linear/weight") == 0);
  }
  for (const Seen* seen : {&all, &only2}) {
    for (const char* name : {"block3/linear/weight", "block16/linear2/weight"}) CHECK(ratio(*seen, plain, name) == Approx(0.5).epsilon(1e-6));  // 16^(-1/4)
    CHECK(ratio(*seen, plain, "stem/linear/weight") == 1);
  }
  for (const char* name : {"block3/linear/weight", "block3/linear3/weight", "output/linear/weight"}) CHECK(ratio(only3, plain, name) == 1);
  CHECK(ratio(only2, plain, "block3/linear3/weight") == 1);
  CHECK(ratio(only1, plain, "block3/linear/weight") == 1);
  auto count = [](const Seen& seen, Index channels, Role role) {
    const auto& all_parameters = seen.network.plan().parameters;
    return std::count_if(all_parameters.begin(), all_parameters.end(), [&](const NamedSlot& p) { return p.slot.shape.c == channels && p.role == role; });
  };
  for (const Seen* seen : {&all, &only3}) {
    // before 3 activations and 3 weight layers of a branch, before the head's activation and the classifier
    CHECK(count(*seen, 1, Role::bias) == 16 * 6 + 2);
    CHECK(count(*seen, 1, Role::gain) == 16);
    CHECK(count(*seen, 8, Role::bias) == 0);
    CHECK(count(*seen, 10, Role::bias) == 1);
    CHECK(seen->parameter("block2/add/multiplier")[0] == 1);
    CHECK(seen->parameter("block2/before_linear2/bias")[0] == 0);
    CHECK(seen->find("stem/before_linear") == -1);
  }
  CHECK(count(Seen(body + R"("fixup", "bias": "always")", in), 8, Role::bias) == 16 * 3 + 1);
  for (const Seen* seen : {&only1, &only2}) {
    CHECK(count(*seen, 1, Role::bias) == 0);
    CHECK(count(*seen, 1, Role::gain) == 0);
    CHECK(count(*seen, 8, Role::bias) == 16 * 3 + 1);
  }
  const Seen single(R"("name": "residual_mlp", "blocks": 16, "width": 8, "layers_per_block": 1, "scaling": {"name": "fixup", "zero_last": false})", in);
  CHECK(ratio(single, plain, "block3/linear/weight") == 1);
}

TEST_CASE("joins start with the factors of their formulas: block 3 of 16", "[scaling]") {
  const auto [name, options, of_skip, of_branch] = GENERATE(table<std::string, std::string, double, double>({
      {"none", "{}", 1, 1},
      {"divide_sqrt2", "{}", std::sqrt(0.5), std::sqrt(0.5)},
      {"constant", R"({"skip": 0.3, "branch": -2})", 0.3, -2},
      {"skip_init", R"({"alpha": "inverse_sqrt_depth"})", 1, 0.25},
      {"skip_init", R"({"alpha": "one"})", 1, 1},
      {"rezero", "{}", 1, 0},
      {"fixup", "{}", 1, 1},
      {"zero_gamma", "{}", 1, 1},
      {"nf", R"({"alpha": 0.3})", 1, 0.3},
      {"nf", R"({"gain": true})", 1, 0},
      {"rescale", R"({"c": 2})", std::sqrt(4.0 / 5), 0.25},  // the rest of beta is in the weights
      {"rescale", "{}", std::sqrt(18.0 / 19), 0.25},
  }));
  const auto scaling = make_as<Scaling<double>>(scalings<double>(), {name, options});
  const Shape shape{1, 1, 1, 2};
  Planner planner(sizeof(double));
  planner.enter("add");
  scaling->plan(shape, 3, 16, planner);
  Workspace<double> ws(planner.finish());
  scaling->initialize(ws, 1);
  Pool pool;
  const double skip[2] = {1, 0}, branch[2] = {0, 1};
  double y[2];
  scaling->forward({ws, pool}, {skip, shape}, {branch, shape}, {y, shape});
  INFO(name << " " << options);
  CHECK(y[0] == Approx(of_skip));
  CHECK(y[1] == Approx(of_branch));
}

TEST_CASE("every scaling: its factors are those of the pass", "[contract][scaling]") {
  for (const auto& name : scalings<double>().names()) {
    const auto scaling = make_as<Scaling<double>>(scalings<double>(), chosen(scalings<double>(), name));
    const Shape shape{5, 1, 1, 3};
    Planner planner(sizeof(double));
    planner.enter("add");
    scaling->plan(shape, 3, 16, planner);
    Workspace<double> ws(planner.finish());
    scaling->initialize(ws, 1);
    for (Index k = 0; k < ws.parameters().size(); ++k) ws.parameters()[k] = 0.7;  // learned factors, away from 0 and 1
    std::vector<double> skip(15), branch(15), y(15);
    Stream(1, "skip").fill_normal(0, skip.data(), 15);
    Stream(1, "branch").fill_normal(0, branch.data(), 15);
    Pool pool;
    for (const Mode mode : {Mode::train, Mode::evaluate}) {
      scaling->forward({ws, pool, mode}, {skip.data(), shape}, {branch.data(), shape}, {y.data(), shape});
      const auto factors = scaling->factors_of(ws);
      INFO(name);
      for (size_t k = 0; k < 15; ++k) REQUIRE(y[k] == Approx(factors.skip * skip[k] + factors.branch * branch[k]).epsilon(1e-12));
    }
  }
}

TEST_CASE("skip_init: alpha starts where it is told", "[scaling]") {
  auto alpha = [](const char* option) {
    const Seen seen(R"("name": "residual_mlp", "blocks": 16, "width": 4, "scaling": {"name": "skip_init", "alpha": ")" + std::string(option) + "\"}", {4, 1, 1, 5});
    return seen.parameter("block7/add/alpha")[0];
  };
  CHECK(alpha("zero") == 0);
  CHECK(alpha("one") == 1);
  CHECK(alpha("inverse_sqrt_depth") == 0.25f);
}

TEST_CASE("ratio_forced: the branch varies as much as asked, in any block, under any norm", "[scaling]") {
  const auto norm = GENERATE("identity", "batch_norm", "layer_norm");
  const Seen seen(R"("name": "resnet_cifar", "depth": 14, "width": 4, "scaling": {"name": "ratio_forced", "ratio": 0.3}, "norm": ")" + std::string(norm) + "\"", {6, 8, 8, 3});
  for (const auto* join : seen.joins()) {
    const View<float> skip = seen.output(join->input), y = seen.output(static_cast<int>(join - seen.network.nodes().data()));
    std::vector<float> added(static_cast<size_t>(y.size()));
    for (Index i = 0; i < y.size(); ++i) added[static_cast<size_t>(i)] = y[i] - skip[i];
    INFO(norm << " " << join->name);
    CHECK(spread({added.data(), y.shape}).variance / spread(skip).variance == Approx(0.3).epsilon(1e-3));
  }
}

TEST_CASE("ratio_forced: evaluation takes the running variances, calibration their plain average", "[scaling]") {
  const auto scaling = make_as<Scaling<double>>(scalings<double>(), {"ratio_forced", R"({"running_momentum": 0.25, "epsilon": 1e-12})"});
  const Shape shape{40, 1, 1, 3};
  Planner planner(sizeof(double));
  planner.enter("add");
  scaling->plan(shape, 1, 1, planner);
  planner.end_of_layer();
  Workspace<double> ws(planner.finish());
  scaling->initialize(ws, 1);
  Pool pool;
  std::vector<double> skip(120), branch(120), y(120);
  // g of a pass over a skip and a branch with these factors of one and the same N(0, 1) draw
  Stream(1, "x").fill_normal(0, branch.data(), 120);
  const std::vector<double> drawn = branch;
  double variance = 0;
  for (int c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (int r = 0; r < 40; ++r) sum += drawn[static_cast<size_t>(3 * r + c)], squares += std::pow(drawn[static_cast<size_t>(3 * r + c)], 2);
    variance += (squares / 40 - sum * sum / 1600) / 3;
  }
  auto g = [&](Mode mode, double of_skip, double of_branch) {
    for (size_t i = 0; i < 120; ++i) skip[i] = of_skip * drawn[i], branch[i] = of_branch * drawn[i];
    scaling->forward({ws, pool, mode}, {skip.data(), shape}, {branch.data(), shape}, {y.data(), shape});
    return (y[7] - skip[7]) / branch[7];
  };
  CHECK(g(Mode::evaluate, 3, 1) == Approx(1));
  CHECK(g(Mode::batch_statistics, 3, 1) == Approx(3));
  CHECK(g(Mode::evaluate, 3, 1) == Approx(1));  // nothing moved
  CHECK(g(Mode::train, 3, 2) == Approx(1.5));
  CHECK(g(Mode::evaluate, 5, 7) == Approx(std::sqrt((0.75 + 0.25 * 9 * variance) / (0.75 + 0.25 * 4 * variance))));
  scaling->begin_calibration(ws);
  CHECK(g(Mode::calibrate, 3, 2) == Approx(1.5));
  g(Mode::calibrate, 1, 4);
  CHECK(g(Mode::evaluate, 5, 7) == Approx(std::sqrt((9.0 + 1) / (4.0 + 16))));
  CHECK(scaling->refuses({1, 1, 1, 3}) != "");
  CHECK(scaling->refuses({1, 2, 1, 3}) == "");
}

TEST_CASE("a network hands its joins' wishes on: batches of one refused, calibration begun", "[scaling]") {
  Seen seen(R"("name": "residual_mlp", "blocks": 2, "width": 4, "scaling": "ratio_forced")", {5, 1, 1, 3}, 1, 1, Mode::train);
  CHECK_THROWS_WITH(seen.network.check_batch(1), Catch::Matchers::Contains("train.batch_size: ratio_forced at block1/add"));
  CHECK_NOTHROW(seen.network.check_batch(2));
  auto batches = [&] {
    std::vector<float> out;
    for (const auto& entry : seen.network.plan().state) {
      if (entry.name.ends_with("/batches")) out.push_back(seen.ws[entry.slot][0]);
    }
    return out;
  };
  CHECK(batches() == std::vector<float>{1, 1});
  seen.network.begin_calibration(seen.ws);
  CHECK(batches() == std::vector<float>{0, 0});
}

TEST_CASE("channel_bias: the mean of the first batches is measured, then held; its backward is right with the mean as a constant", "[scaling]") {
  const Shape in{4, 2, 1, 3};
  Bench<double> bench(std::make_unique<ChannelBias<double>>(2), in);
  const View<double> x = (*bench.ws)[bench.x], y = (*bench.ws)[bench.y], bias = bench.parameter("bias");
  auto put = [&](double mean) {
    for (Index i = 0; i < x.size(); ++i) x[i] = mean + (i < x.size() / 2 ? 1 : -1);
  };
  auto mean_out = [&] { return std::accumulate(y.data, y.data + y.size(), 0.0) / static_cast<double>(y.size()); };
  std::fill_n(bias.data, 3, 10.0);
  put(5);
  bench.forward(Mode::evaluate);
  CHECK(mean_out() == Approx(5.1));  // nothing measured yet
  bench.forward(Mode::train);
  CHECK(mean_out() == Approx(0.1));
  bench.backward(Mode::train);
  double sum = 0;
  for (Index r = 0; r < 8; ++r) sum += (*bench.ws)[bench.dy].at(r, 1);
  CHECK(bench.gradient("bias")[1] == Approx(1e-2 * sum));
  put(8);
  for (const Mode mode : {Mode::evaluate, Mode::batch_statistics, Mode::calibrate}) {
    bench.forward(mode);
    CHECK(mean_out() == Approx(3.1));
  }
  bench.forward(Mode::train);
  CHECK(mean_out() == Approx(8 - 6.5 + 0.1));  // the average of 5 and 8, the learned bias still held back
  put(100);
  bench.forward(Mode::train);
  CHECK(mean_out() == Approx(100 - 6.5 + 10));
  for (const Index measured : {0, 2}) {
    for (const Mode mode : {Mode::train, Mode::evaluate}) {
      Bench<double> late(std::make_unique<ChannelBias<double>>(measured), in);
      randomize(late, 3);  // "batches" is 2 there: all measured
      std::string where;
      const double error = check_layer(late, mode, where);
      INFO(where);
      CHECK(error <= 1e-6);
    }
  }
}

TEST_CASE("rescale with data_dependent biases: what enters the branches' weight layers has no mean, and their own biases are gone", "[scaling]") {
  const Seen seen(R"("name": "wide_resnet", "depth": 10, "width": 4, "k": 2, "scaling": {"name": "rescale", "bias": "data_dependent"})", {6, 8, 8, 3}, 1, 1, Mode::train);
  int places = 0;
  for (size_t i = 0; i < seen.network.nodes().size(); ++i) {
    const auto& node = seen.network.nodes()[i];
    if (node.kind != NodeKind::scaling) continue;
    ++places;
    INFO(node.name);
    CHECK(spread(seen.output(static_cast<int>(i))).mean2 < 1e-10);
  }
  CHECK(places == 9);  // three blocks of two convolutions and a projection
  std::vector<std::string> biases;
  for (const auto& entry : seen.network.plan().parameters) {
    if (entry.role == Role::bias && entry.name.find("/before_") == std::string::npos) biases.push_back(entry.name);
  }
  CHECK(biases == std::vector<std::string>{"stem/conv/bias", "output/linear/bias"});
}

TEST_CASE("under every scaling the gradients do not depend on the number of threads", "[scaling]") {
  const auto name = GENERATE(from_range(scalings<float>().names()));
  const std::string options = name == "rescale" ? R"(, "bias": "data_dependent")" : name == "nf" ? R"(, "gain": true)" : "";
  const Shape in{700, 1, 1, 50};
  const auto network = build_network<float>(
      config_of(R"("name": "residual_mlp", "blocks": 2, "width": 150, "norm": "batch_norm", "placement": "branch_end", "scaling": {"name": ")" + name + "\"" + options + "}"), in, 10);
  std::vector<float> x(static_cast<size_t>(in.size()));
  Stream(1, "x").fill_normal(0, x.data(), x.size());
  auto gradients = [&](int threads) {
    Workspace<float> ws(network.plan());
    Pool pool(threads);
    network.initialize(ws, 1);
    for (const auto& entry : network.plan().parameters) {
      for (Index i = 0; i < entry.slot.shape.size(); ++i) ws[entry.slot][i] += static_cast<float>(0.1 * Stream(2, entry.name).normal(0, static_cast<uint64_t>(i)));
    }
    const Pass<float> pass{ws, pool};
    const View<float> out = network.forward(pass, {x.data(), in}), top = network.top(ws, in.n);
    std::copy_n(out.data, out.size(), top.data);
    network.backward(pass, {x.data(), in});
    return std::vector<float>(ws.gradients().data, ws.gradients().data + ws.gradients().size());
  };
  INFO(name);
  const auto alone = gradients(1);
  REQUIRE(std::all_of(alone.begin(), alone.end(), [](float g) { return std::isfinite(g); }));
  REQUIRE(alone == gradients(3));
}

TEST_CASE("scalings that cannot be had say what to change", "[scaling]") {
  auto message = [](const std::string& json) -> std::string {
    try {
      build_network<float>(config_of(json), {4, 8, 8, 3}, 10);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  using Catch::Matchers::Contains;
  for (const char* body : {"mlp", "deep_linear", "plain_cnn", "vgg"}) {
    for (const auto& name : scalings<float>().names()) {
      const std::string said = message("\"name\": \"" + std::string(body) + "\", \"scaling\": \"" + name + "\"");
      INFO(body << " " << name);
      if (name == "none") CHECK(said == "");
      if (name != "none") CHECK_THAT(said, Contains("model.scaling: ") && Contains("no residual blocks"));
    }
  }
  const std::string zero_gamma = R"("name": "resnet_cifar", "depth": 8, "scaling": "zero_gamma")";
  CHECK_THAT(message(zero_gamma), Contains("model.scaling: ") && Contains("branch_end"));
  CHECK_THAT(message(zero_gamma + R"(, "version": "v2", "norm": "batch_norm")"), Contains("block1/add") && Contains("branch_end"));
  CHECK_THAT(message(zero_gamma + R"(, "norm": {"name": "batch_norm", "affine": false})"), Contains("model.norm: ") && Contains("affine"));
  CHECK(message(zero_gamma + R"(, "norm": "batch_norm")") == "");
  CHECK(message(zero_gamma + R"(, "version": "v2", "norm": "group_norm", "width": 32, "placement": "branch_end")") == "");
  for (const char* scaling : {"fixup", "rescale"}) {
    CHECK_THAT(message(R"("name": "residual_mlp", "weights": "weight_standardization", "scaling": ")" + std::string(scaling) + "\""), Contains("model.weights: ") && Contains("scaled_weight_standardization"));
  }
  CHECK(message(R"("name": "residual_mlp", "weights": "weight_standardization", "scaling": "nf")") == "");
}
