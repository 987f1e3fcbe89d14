// Normalizers, weight maps, activations and the linear layer against PyTorch.
#include "golden/fixture.h"
#include "nn/layers/conv2d.h"
#include "nn/layers/linear.h"
#include "nn/layers/pooling.h"
#include "support/layers.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

struct Case {
  const char *fixture, *name, *options;
};

constexpr Case norm_cases[] = {
    {"batch_norm_1d", "batch_norm", "{}"},
    {"batch_norm_1d_cumulative", "batch_norm", R"({"running": "cumulative", "epsilon": 1e-3})"},
    {"batch_norm_1d_plain", "batch_norm", R"({"affine": false, "epsilon": 1e-3})"},
    {"batch_norm_1d_cumulative_plain", "batch_norm", R"({"running": "cumulative", "affine": false})"},
    {"batch_norm_2d", "batch_norm", R"({"epsilon": 1e-3})"},
    {"batch_norm_2d_cumulative", "batch_norm", R"({"running": "cumulative"})"},
    {"batch_norm_2d_plain", "batch_norm", R"({"affine": false})"},
    {"batch_norm_2d_cumulative_plain", "batch_norm", R"({"running": "cumulative", "affine": false, "epsilon": 1e-3})"},
    {"batch_norm_rows", "batch_norm", "{}"},
    {"batch_norm_channels", "batch_norm", "{}"},
    {"held_statistics", "frozen_batch_norm", "{}"},
    {"held_statistics", "population_batch_norm", "{}"},
    {"layer_norm_mlp", "layer_norm", "{}"},
    {"layer_norm_space", "layer_norm", R"({"epsilon": 1e-3})"},
    {"layer_norm_plain", "layer_norm", R"({"affine": false})"},
    {"rms_norm_mlp", "rms_norm", "{}"},
    {"rms_norm_space", "rms_norm", R"({"epsilon": 1e-3})"},
    {"group_norm_mlp", "group_norm", R"({"groups": 4})"},
    {"group_norm_space", "group_norm", R"({"groups": 4, "epsilon": 1e-3})"},
    {"instance_norm", "instance_norm", "{}"},
    {"instance_norm_epsilon", "instance_norm", R"({"epsilon": 1e-3})"},
    {"center_only", "center_only", "{}"},
    {"variance_only", "variance_only", "{}"},
    {"stop_gradient_batch_norm", "stop_gradient_batch_norm", "{}"},
    {"lp_norm_1", "lp_norm", R"({"p": "1"})"},
    {"lp_norm_2", "lp_norm", R"({"p": "2"})"},
    {"lp_norm_inf", "lp_norm", R"({"p": "inf"})"},
    {"batch_renorm", "batch_renorm", R"({"r_max": 3, "d_max": 5})"},
    {"batch_renorm_clipped", "batch_renorm", R"({"r_max": 1.1, "d_max": 0.3})"},
    {"ghost_batch_norm", "ghost_batch_norm", R"({"ghost_size": 3})"},
    // biased: what unbiases the average of unequal parts is nobody's definition
    {"ghost_batch_norm_remainder", "ghost_batch_norm", R"({"ghost_size": 3, "running_variance": "biased"})"},
    {"dynamic_tanh", "dynamic_tanh", "{}"},
    {"dynamic_tanh_not_affine", "dynamic_tanh", R"({"affine": false})"},
};

constexpr Case linear_cases[] = {
    {"linear", "plain", "{}"},
    {"linear_without_bias", "plain", "{}"},
    {"linear_of_space", "plain", "{}"},
    {"weight_norm", "weight_norm", "{}"},
    {"weight_standardization", "weight_standardization", "{}"},
    {"weight_standardization_epsilon", "weight_standardization", R"({"epsilon": 0.01})"},
    {"scaled_weight_standardization", "scaled_weight_standardization", R"({"gamma": 1.7})"},
    {"scaled_weight_standardization_epsilon", "scaled_weight_standardization",
     R"({"learn_gain": false, "epsilon": 0.01})"},
};

constexpr Case activation_cases[] = {
    {"relu", "relu", "{}"},         {"relu_far", "relu", "{}"},
    {"tanh", "tanh", "{}"},         {"tanh_far", "tanh", "{}"},
    {"sigmoid", "sigmoid", "{}"},   {"sigmoid_far", "sigmoid", "{}"},
    {"softsign", "softsign", "{}"}, {"softsign_far", "softsign", "{}"},
    {"gelu", "gelu", "{}"},         {"gelu_far", "gelu", "{}"},
    {"leaky_relu", "leaky_relu", R"({"negative_slope": 0.01})"},
    {"leaky_relu_far", "leaky_relu", R"({"negative_slope": 0.01})"},
};

Shape shape_of(const StoredTensor& tensor) {
  REQUIRE(tensor.shape.size() == 4);
  return {tensor.shape[0], tensor.shape[1], tensor.shape[2], tensor.shape[3]};
}

std::string short_name(const NamedSlot& entry) { return entry.name.substr(entry.name.find('/') + 1); }

// A pass over the stored input in a workspace that is NaN wherever a pass must write itself.
template <class T>
void compare_forward(Fixture& fixture, Bench<T>& bench, Mode mode, const std::string& input,
                     const std::string& output) {
  const Workspace<T>& ws = *bench.ws;
  const Index n = fixture[input].shape[0];
  bench.ws->poison();
  fixture.copy(input, ws.first(bench.x, n));
  bench.layer->forward(bench.pass(mode), ws.first(bench.x, n), ws.first(bench.y, n));
  fixture.agrees<T>(output, ws.first(bench.y, n));
}

template <class T>
void compare_state(Fixture& fixture, Bench<T>& bench, const std::string& prefix) {
  for (const NamedSlot& entry : bench.ws->plan().state) {
    const std::string name = prefix + short_name(entry);
    if (fixture.has(name)) fixture.agrees<T>(name, (*bench.ws)[entry.slot]);
  }
}

template <class T>
void compare_backward(Fixture& fixture, Bench<T>& bench, Mode mode, const std::string& prefix) {
  const Workspace<T>& ws = *bench.ws;
  const Index n = fixture[prefix + "dy"].shape[0];
  fixture.copy(prefix + "dy", ws.first(bench.dy, n));
  const View<T> dx = ws.first(bench.dx, n);
  bench.layer->backward(bench.pass(mode), ws.first(bench.x, n), ws.first(bench.y, n), ws.first(bench.dy, n), dx);
  fixture.agrees<T>(prefix + "dx", dx);
  for (const NamedSlot& entry : ws.plan().parameters) {
    fixture.agrees<T>(prefix + "gradient." + short_name(entry), View<T>{ws.gradient(entry.slot), entry.slot.shape});
  }
}

template <class T>
void compare_layer(const std::string& file, const std::string& name, std::unique_ptr<Layer<T>> layer) {
  Fixture fixture(file, name);
  Bench<T> bench(std::move(layer), shape_of(fixture["x0"]));
  for (const NamedSlot& entry : bench.ws->plan().parameters) {
    fixture.copy("parameter." + short_name(entry), (*bench.ws)[entry.slot]);
  }
  for (const NamedSlot& entry : bench.ws->plan().state) {
    const std::string start = "start." + short_name(entry);
    if (fixture.has(start)) fixture.copy(start, (*bench.ws)[entry.slot]);
  }
  std::string last;
  for (int k = 0; fixture.has("x" + std::to_string(k)); ++k) {
    last = std::to_string(k);
    compare_forward(fixture, bench, Mode::train, "x" + last, "y" + last);
    compare_state(fixture, bench, "state" + last + ".");
  }
  compare_backward(fixture, bench, Mode::train, "");
  if (!fixture.has("evaluate.y")) return;
  compare_forward(fixture, bench, Mode::evaluate, "x" + last, "evaluate.y");
  compare_state(fixture, bench, "state" + last + ".");  // evaluating moves nothing
  compare_backward(fixture, bench, Mode::evaluate, "evaluate.");
}

}  // namespace

TEMPLATE_TEST_CASE("every norm computes what PyTorch computes", "[golden][norm]", float, double) {
  const Case c = GENERATE(from_range(std::begin(norm_cases), std::end(norm_cases)));
  compare_layer<TestType>("norms", c.fixture, make_as<Layer<TestType>>(norms<TestType>(), {c.name, c.options}));
}

TEMPLATE_TEST_CASE("linear under every weight map computes what PyTorch computes", "[golden][linear]", float, double) {
  const Case c = GENERATE(from_range(std::begin(linear_cases), std::end(linear_cases)));
  const auto& file = fixture_file("layers");
  const bool bias = file.count(std::string(c.fixture) + "/parameter.bias") > 0;
  const Index outputs = file.at(std::string(c.fixture) + "/y0").shape[3];
  const Choice initializer = chosen(initializers(), "he"), map{c.name, c.options};
  auto layer = std::make_unique<Linear<TestType>>(outputs, bias, initializer, map);
  compare_layer<TestType>("layers", c.fixture, std::move(layer));
}

TEMPLATE_TEST_CASE("every activation computes what PyTorch computes", "[golden][activation]", float, double) {
  const Case c = GENERATE(from_range(std::begin(activation_cases), std::end(activation_cases)));
  compare_layer<TestType>("layers", c.fixture, make_as<Layer<TestType>>(activations<TestType>(), {c.name, c.options}));
}

namespace {

struct ConvCase {
  const char* fixture;
  Index kernel, stride, pad;
};
constexpr ConvCase conv_cases[] = {{"conv", 3, 1, 1},      {"conv_few_channels", 3, 1, 1}, {"conv_strided", 3, 2, 1},     {"conv_small_map", 3, 1, 1},
                                   {"conv_rows", 1, 1, 0}, {"conv_projection", 1, 2, 0},   {"conv_wide_kernel", 5, 1, 2}, {"conv_without_padding", 2, 1, 0}};

}  // namespace

TEMPLATE_TEST_CASE("convolution by every engine computes what PyTorch computes", "[golden][engine]", float, double) {
  const ConvCase c = GENERATE(from_range(std::begin(conv_cases), std::end(conv_cases)));
  const Index outputs = fixture_file("convolutions").at(std::string(c.fixture) + "/y0").shape[3];
  for (const auto& engine : convolution_engines()) {
    if (engine == "direct" && !has_direct_engine()) continue;
    INFO(engine);
    compare_layer<TestType>("convolutions", c.fixture, std::make_unique<Conv2d<TestType>>(ConvOptions{outputs, c.kernel, c.stride, c.pad}, true, chosen(initializers(), "he"), Choice{"plain", "{}"}, engine));
  }
}

TEMPLATE_TEST_CASE("pooling computes what PyTorch computes", "[golden]", float, double) {
  compare_layer<TestType>("convolutions", "max_pool", std::make_unique<MaxPool<TestType>>(2, 2));
  compare_layer<TestType>("convolutions", "average_pool", std::make_unique<AveragePool<TestType>>(0, 1));
}

TEST_CASE("no fixture of a layer is left aside", "[golden]") {
  std::set<std::string> convolution{"max_pool", "average_pool"};
  for (const ConvCase& c : conv_cases) convolution.insert(c.fixture);
  CHECK(fixture_cases("convolutions") == convolution);
  std::set<std::string> norm, layer;
  for (const Case& c : norm_cases) norm.insert(c.fixture);
  for (const Case& c : linear_cases) layer.insert(c.fixture);
  for (const Case& c : activation_cases) layer.insert(c.fixture);
  CHECK(fixture_cases("norms") == norm);
  CHECK(fixture_cases("layers") == layer);
}
