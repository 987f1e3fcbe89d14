// Whole networks in double: every model under every placement, with norms that couple the batch and norms that do not.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "model/model.h"
#include "nn/engines/engine.h"
#include "support/layers.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

ModelConfig config_of(const std::string& json) {
  ModelConfig config;
  read_fields(Document::parse(json, "test"), [&](Fields& f) { config.describe(f); });
  return config;
}

// dloss/dparameters of a whole network against central differences; returns the worst error, -1 where the placement asks
// for a site that the model does not offer.
double check_network(const ModelConfig& config, Shape input, const std::string& loss_name, std::string& where) {
  const Index n = input.n;
  std::unique_ptr<Network<double>> network;
  try {
    network = std::make_unique<Network<double>>(build_network<double>(config, input, 3));
  } catch (const std::exception&) {
    return -1;
  }
  Workspace<double> ws(network->plan());
  network->initialize(ws, 3);
  const bool wide = ws.parameters().size() > 20000;  // a sample of the entries will do there
  for (const auto& [name, slot, role] : ws.plan().parameters) {
    const Stream stream(4, name);
    for (Index i = 0; i < slot.shape.size(); ++i) ws[slot][i] = 0.7 * ws[slot][i] + 0.4 * stream.normal(0, static_cast<uint64_t>(i)) + (role == Role::gain ? 0.3 : 0);
  }
  ws.poison();
  Pool pool;
  std::vector<double> x(static_cast<size_t>(input.size())), targets(static_cast<size_t>(n * 3));
  Stream(1, "x").fill_normal(0, x.data(), x.size());
  Stream(1, "t").fill_normal(0, targets.data(), targets.size());
  const std::vector<int32_t> labels{0, 2, 1, 1, 0, 2};
  Batch<double> batch;
  batch.x = {x.data(), input};
  batch.labels = labels.data();
  const auto loss = make_as<Loss<double>>(losses<double>(), {loss_name, "{}"});
  const std::vector<double> state(ws.state().data, ws.state().data + ws.state().size());
  const Pass<double> pass{ws, pool, Mode::train, 9, 2};
  auto evaluate = [&](bool gradient) {
    std::copy(state.begin(), state.end(), ws.state().data);
    const View<double> out = network->forward(pass, batch.x);
    const double value = (*loss)(out, batch, gradient ? network->top(ws, n) : View<double>{});
    if (gradient) network->backward(pass, batch.x);
    return value;
  };
  evaluate(true);
  std::vector<std::vector<double>> gradients;
  for (const auto& entry : ws.plan().parameters) gradients.emplace_back(ws.gradient(entry.slot), ws.gradient(entry.slot) + entry.slot.shape.size());
  double worst = 0, largest = 1;
  for (const auto& gradient : gradients) {
    for (const double g : gradient) largest = std::max(largest, std::abs(g));
  }
  for (size_t k = 0; k < gradients.size(); ++k) {
    const auto& entry = ws.plan().parameters[k];
    const double error = gradient_error([&] { return evaluate(false); }, ws[entry.slot].data, gradients[k].data(), wide ? std::min<Index>(12, entry.slot.shape.size()) : entry.slot.shape.size(), 1e-2 * largest);
    if (!(error <= worst)) worst = error, where = entry.name;
  }
  return worst;
}

struct Body {
  std::string json;
  Shape input;
};
const std::vector<Body> bodies{{R"("name": "mlp", "widths": [4, 3])", {6, 1, 1, 5}},
                               {R"("name": "deep_linear", "depth": 4, "width": 4)", {6, 1, 1, 5}},
                               {R"("name": "residual_mlp", "blocks": 2, "width": 4)", {6, 1, 1, 5}},
                               {R"("name": "vgg", "width": 2)", {6, 4, 4, 2}},
                               {R"("name": "resnet_cifar", "depth": 8, "width": 2)", {3, 5, 4, 2}},
                               {R"("name": "resnet_cifar", "depth": 8, "width": 2, "version": "v2")", {3, 5, 4, 2}},
                               {R"("name": "wide_resnet", "depth": 10, "k": 2, "width": 2)", {4, 5, 4, 2}},
                               {R"("name": "plain_cnn", "depth": 8, "width": 2)", {3, 5, 4, 2}},
                               {R"("name": "recurrent", "width": 4)", {6, 4, 3, 2}},
                               {R"("name": "recurrent", "width": 3, "statistics": "shared", "initial_gamma": 0.4)", {6, 3, 2, 1}}};

}  // namespace

TEST_CASE("every model under every placement: gradients agree with central differences", "[contract][model]") {
  const auto body = GENERATE(from_range(bodies));
  const auto placement = GENERATE(from_range(placements().names()));
  for (const char* norm : {"batch_norm", "layer_norm", "variance_only", "noisy_batch_norm"}) {
    const std::string where_norms = placement == "sites" ? R"(["before_activation", "before_classifier"])" : "\"" + placement + "\"";
    std::string where;
    const auto config = config_of("{" + body.json + R"(, "activation": "tanh", "norm": ")" + norm + R"(", "placement": )" + where_norms + "}");
    const double error = check_network(config, body.input, "softmax_cross_entropy", where);
    INFO(body.json << " " << placement << " " << norm << " " << where << ": " << error);
    REQUIRE(error <= 1e-6);
  }
}

TEST_CASE("models know every activation, weight map and dropout", "[contract][model]") {
  const auto body = GENERATE(from_range(bodies));
  for (const auto& activation : activations<double>().names()) {
    for (const auto& weights : weight_maps<double>().names()) {
      std::string where;
      const auto config = config_of("{" + body.json + R"(, "activation": ")" + activation + R"(", "weights": ")" + weights + R"(", "dropout": 0.3, "norm": "rms_norm", "placement": "before_activation"})");
      const double error = check_network(config, body.input, "mean_squared_error", where);
      INFO(body.json << " " << activation << " " << weights << " " << where << ": " << error);
      REQUIRE(error <= 1e-6);
    }
  }
}

TEST_CASE("residual_mlp: dropout before the classifier alone where branches are spared", "[model]") {
  const auto dropouts = [](const std::string& option) {
    const auto config = config_of(R"({"name": "residual_mlp", "blocks": 3, "width": 4, "dropout": 0.5)" + option + "}");
    const auto network = build_network<double>(config, {8, 1, 1, 5}, 3);
    std::vector<std::string> names;
    for (const auto& node : network.nodes()) {
      if (node.kind == NodeKind::dropout) names.push_back(node.name);
    }
    return names;
  };
  CHECK(dropouts("").size() == 7);
  CHECK(dropouts(R"(, "dropout_in_branches": false)") == std::vector<std::string>{"head/dropout"});
}

TEST_CASE("every residual model under every scaling and placement: gradients agree with central differences", "[contract][model][scaling]") {
  const auto body = GENERATE(from_range(bodies));
  const auto scaling = GENERATE(from_range(scalings<double>().names()));
  if (body.json.find("res") == std::string::npos) return;
  int built = 0;
  for (const auto& placement : placements().names()) {
    if (placement.ends_with("_k") || placement.ends_with("_only")) continue;  // some of the sites that others cover all of
    for (const char* norm : {"batch_norm", "rms_norm"}) {
      if (std::string(norm) == "rms_norm" && placement != "published" && placement != "branch_end") continue;
      const std::string where_norms = placement == "sites" ? R"(["branch_end", "before_classifier"])" : "\"" + placement + "\"";
      std::string where;
      const auto config = config_of("{" + body.json + R"(, "activation": "tanh", "norm": ")" + norm + R"(", "placement": )" + where_norms + R"(, "scaling": ")" + scaling + "\"}");
      const double error = check_network(config, body.input, "softmax_cross_entropy", where);
      built += error >= 0;
      INFO(body.json << " " << scaling << " " << placement << " " << norm << " " << where << ": " << error);
      REQUIRE(error <= 1e-6);
    }
  }
  INFO(body.json << " " << scaling << ": " << built);
  REQUIRE(built >= (scaling == "zero_gamma" ? 3 : 10));
}

TEST_CASE("every option of a scaling keeps the gradients of a network right", "[contract][model][scaling]") {
  const auto scaling = GENERATE(R"({"name": "constant", "skip": 0.7, "branch": -1.3})", R"({"name": "skip_init", "alpha": "one"})", R"({"name": "fixup", "zero_last": false, "scalars": false})",
                                R"({"name": "nf", "alpha": 0.6, "gain": true})", R"({"name": "rescale", "c": 1.5, "multiplier": "fixed"})", R"({"name": "rescale", "bias": "zero"})",
                                R"({"name": "ratio_forced", "ratio": 0.2, "epsilon": 0.3})");
  for (const Body& body : bodies) {
    if (body.json.find("res") == std::string::npos) continue;
    for (const char* rest : {R"("weights": "weight_norm")", R"("weights": "scaled_weight_standardization", "dropout": 0.3)", R"("norm": "layer_norm", "placement": ["branch_end", "skip"])",
                             R"("norm": "batch_norm", "placement": ["before_weight", "after_addition"], "bias": "always")"}) {
      std::string where;
      const double error = check_network(config_of("{" + body.json + R"(, "activation": "tanh", "scaling": )" + scaling + ", " + rest + "}"), body.input, "softmax_cross_entropy", where);
      INFO(body.json << " " << scaling << " " << rest << " " << where << ": " << error);
      REQUIRE(error >= 0);
      REQUIRE(error <= 1e-6);
    }
  }
}

TEST_CASE("every model is covered by the tests above", "[contract][model]") { 
  for (const auto& name : models<double>().names()) {
    INFO(name);
    REQUIRE(std::any_of(bodies.begin(), bodies.end(), [&](const Body& body) { return body.json.find("\"" + name + "\"") != std::string::npos; }));
  }
 }

TEST_CASE("deep_linear is the product of its matrices", "[model]") {
  const auto network = build_network<double>(config_of(R"({"name": "deep_linear", "depth": 3, "width": 4})"), {1, 1, 1, 2}, 2);
  REQUIRE(network.nodes().size() == 3);
  Workspace<double> ws(network.plan());
  network.initialize(ws, 1);
  Pool pool;
  const double x[2] = {0.3, -1.7};
  std::vector<double> signal(x, x + 2);
  for (const auto& [name, slot, role] : ws.plan().parameters) {
    REQUIRE(role == Role::weight);
    std::vector<double> next(static_cast<size_t>(slot.shape.n), 0);
    for (Index o = 0; o < slot.shape.n; ++o) {
      for (Index i = 0; i < slot.shape.c; ++i) next[static_cast<size_t>(o)] += ws[slot][o * slot.shape.c + i] * signal[static_cast<size_t>(i)];
    }
    signal = next;
  }
  const View<double> y = network.forward({ws, pool}, {x, {1, 1, 1, 2}});
  for (size_t k = 0; k < 2; ++k) REQUIRE(y[static_cast<Index>(k)] == Approx(signal[k]).epsilon(1e-13));
}

TEST_CASE("placements stand where they say", "[model]") {
  auto norms_of = [](const std::string& placement) {
    const auto network = build_network<float>(config_of(R"({"widths": [8, 8, 8, 8], "norm": "batch_norm", "placement": )" + placement + "}"), {4, 1, 1, 5}, 3);
    std::vector<std::string> out;
    for (const auto& node : network.nodes()) {
      if (node.kind == NodeKind::norm) out.push_back(node.name);
    }
    return out;
  };
  using Names = std::vector<std::string>;
  CHECK(norms_of(R"("none")").empty());
  CHECK(norms_of(R"("first_only")") == Names{"hidden1/before_activation"});
  CHECK(norms_of(R"("last_only")") == Names{"hidden4/before_activation"});
  CHECK(norms_of(R"({"name": "last_k", "k": 2})") == Names{"hidden3/before_activation", "hidden4/before_activation"});
  CHECK(norms_of(R"({"name": "first_k", "k": 1, "site": "after_activation"})") == Names{"hidden1/after_activation"});
  CHECK(norms_of(R"({"name": "every_k", "k": 2})") == Names{"hidden2/before_activation", "hidden4/before_activation"});
  CHECK(norms_of(R"(["hidden[13]/before_activation", "before_classifier"])") == Names{"hidden1/before_activation", "hidden3/before_activation", "output/before_classifier"});
}

TEST_CASE("a bias that a norm cancels is left out, others stay", "[model]") {
  auto biases = [](const std::string& more) {
    const auto network = build_network<float>(config_of(R"({"widths": [8, 8], )" + more + "}"), {4, 1, 1, 5}, 3);
    std::vector<std::string> out;
    for (const auto& entry : network.plan().parameters) {
      if (entry.role == Role::bias) out.push_back(entry.name);
    }
    return out.size();
  };
  CHECK(biases(R"("norm": "identity")") == 3);
  CHECK(biases(R"("norm": "batch_norm", "placement": "before_activation")") == 1);
  CHECK(biases(R"("norm": "batch_norm", "placement": "after_activation")") == 3);
  CHECK(biases(R"("norm": "layer_norm", "placement": "before_activation")") == 3);
  CHECK(biases(R"("norm": {"name": "batch_norm", "affine": false}, "placement": "before_activation")") == 3);
  CHECK(biases(R"("norm": "batch_norm", "placement": "before_activation", "bias": "always")") == 3);
  CHECK(biases(R"("bias": "never")") == 0);
}

TEST_CASE("layouts of parameters and state do not depend on the batch", "[model]") {
  const auto config = config_of(R"({"name": "residual_mlp", "blocks": 3, "norm": "ghost_batch_norm", "placement": "before_activation"})");
  const auto small = build_network<float>(config, {2, 1, 1, 5}, 3), large = build_network<float>(config, {512, 1, 1, 5}, 3);
  for (const Region region : {Region::parameters, Region::state}) CHECK(small.plan().size(region) == large.plan().size(region));
  for (size_t i = 0; i < small.plan().parameters.size(); ++i) {
    CHECK(small.plan().parameters[i].name == large.plan().parameters[i].name);
    CHECK(small.plan().parameters[i].slot.offset == large.plan().parameters[i].slot.offset);
  }
}

TEST_CASE("arms with the same seed share initial weights where shapes agree", "[model]") {
  const auto plain = build_network<float>(config_of(R"({"widths": [8, 8]})"), {4, 1, 1, 5}, 3);
  const auto normed = build_network<float>(config_of(R"({"widths": [8, 8], "norm": "batch_norm", "placement": "before_activation"})"), {4, 1, 1, 5}, 3);
  Workspace<float> a(plain.plan()), b(normed.plan());
  plain.initialize(a, 5);
  normed.initialize(b, 5);
  int shared = 0;
  for (const auto& one : plain.plan().parameters) {
    for (const auto& other : normed.plan().parameters) {
      if (one.name != other.name || one.role != Role::weight) continue;
      ++shared;
      CHECK(std::equal(a[one.slot].data, a[one.slot].data + one.slot.shape.size(), b[other.slot].data));
    }
  }
  CHECK(shared == 3);
}

TEST_CASE("a convolutional network gives the same bytes with any number of threads, by any engine", "[model][engine]") {
  for (const auto& engine : convolution_engines()) {
    if (engine == "direct" && !has_direct_engine()) continue;
    for (const char* body : {R"("name": "vgg", "width": 16)", R"("name": "resnet_cifar", "depth": 8)", R"("name": "wide_resnet", "depth": 10, "k": 2)"}) {
      ModelConfig config = config_of("{" + std::string(body) + R"(, "norm": "batch_norm"})");
      config.materials.convolution = engine;
      const Shape input{21, 16, 12, 3};
      const auto network = build_network<float>(config, input, 5, Keep::needed);
      std::vector<float> x(static_cast<size_t>(input.size())), first;
      Stream(1, "x").fill_normal(0, x.data(), x.size());
      for (const int threads : {1, 2, 3}) {
        Workspace<float> ws(network.plan());
        network.initialize(ws, 3);
        Pool pool(threads);
        const Pass<float> pass{ws, pool};
        const View<float> out = network.forward(pass, {x.data(), input}), top = network.top(ws, input.n);
        for (Index i = 0; i < top.size(); ++i) top[i] = out[i] - static_cast<float>(i % 3);
        network.backward(pass, {x.data(), input});
        const std::vector<float> gradients(ws.gradients().data, ws.gradients().data + ws.gradients().size());
        if (first.empty()) first = gradients;
        INFO(engine << " " << body << " " << threads << " threads");
        CHECK((gradients == first));
      }
      first.clear();
    }
  }
}
