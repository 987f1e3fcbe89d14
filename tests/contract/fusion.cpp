// What is computed together gives the bytes of what is computed one after another.
#include <catch2/catch.hpp>
#include <cstring>

#include "model/model.h"
#include "nn/layers/conv2d.h"
#include "nn/layers/linear.h"
#include "support/layers.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

bool same(View<const float> a, View<const float> b) { return a.size() == b.size() && std::memcmp(a.data, b.data, static_cast<size_t>(a.size()) * sizeof(float)) == 0; }

void randomize(Bench<float>& bench) {
  const Stream stream(3, "test");
  uint64_t k = 0;
  auto fill = [&](View<float> v, float offset) {
    stream.fill_normal(k++, v.data, static_cast<size_t>(v.size()));
    for (Index i = 0; i < v.size(); ++i) v[i] += offset;
  };
  fill((*bench.ws)[bench.x], 0.4f), fill((*bench.ws)[bench.dy], 0);
  for (const auto& entry : bench.ws->plan().parameters) fill((*bench.ws)[entry.slot], 0.5f);
}

// Layers as they are, by name; a convolution per engine that takes the shape.
std::vector<std::pair<std::string, std::function<std::unique_ptr<Layer<float>>()>>> everything() {
  std::vector<std::pair<std::string, std::function<std::unique_ptr<Layer<float>>()>>> list;
  for (const auto& name : norms<float>().names()) list.emplace_back(name, [name] { return make_as<Layer<float>>(norms<float>(), {name, "{}"}); });
  for (const auto& engine : {"winograd", "gemm"}) {
    list.emplace_back(std::string("conv2d ") + engine, [engine] { return std::make_unique<Conv2d<float>>(ConvOptions{16, 3, 1, 1}, true, chosen(initializers(), "he"), Choice{"plain", "{}"}, engine); });
  }
  list.emplace_back("linear", [] { return std::make_unique<Linear<float>>(12, true, chosen(initializers(), "he"), Choice{"plain", "{}"}); });
  return list;
}

constexpr Shape in{6, 5, 4, 16};

}  // namespace

TEST_CASE("a layer that takes a tail: as the layer, a sum and a rectifier", "[contract][fusion]") {
  const auto [name, make] = GENERATE(from_range(everything()));
  for (const bool with_skip : {false, true}) {
    for (const bool rectify : {false, true}) {
      Bench<float> plain(make(), in), fused(make(), in);
      if (!plain.layer->takes_tail()) continue;
      randomize(plain), randomize(fused);
      INFO(name << " skip " << with_skip << " rectify " << rectify);
      std::vector<float> skip(static_cast<size_t>(plain.out.size()));
      Stream(9, "skip").fill_normal(0, skip.data(), skip.size());

      plain.forward(Mode::train);
      const View<float> y = (*plain.ws)[plain.y], dy = (*plain.ws)[plain.dy];
      for (Index i = 0; i < y.size(); ++i) {
        if (with_skip) y[i] = skip[static_cast<size_t>(i)] + y[i];
        if (rectify && !(y[i] > 0)) y[i] = 0, dy[i] = 0;
      }
      plain.backward(Mode::train);

      const View<float> got = (*fused.ws)[fused.y], gradient = (*fused.ws)[fused.dy];
      const Tail<float> tail{with_skip ? skip.data() : nullptr, rectify, gradient.data};
      Pass<float> pass = fused.pass(Mode::train);
      pass.tail = &tail;
      fused.layer->forward(pass, (*fused.ws)[fused.x], got);
      fused.layer->backward(pass, (*fused.ws)[fused.x], got, gradient, (*fused.ws)[fused.dx]);
      CHECK(same(got, y));
      CHECK(same(gradient, dy));
      CHECK(same((*fused.ws)[fused.dx], (*plain.ws)[plain.dx]));
      CHECK(same(fused.ws->gradients(), plain.ws->gradients()));
      CHECK(same(fused.ws->state(), plain.ws->state()));
    }
  }
}

TEST_CASE("a layer that adds: dx is the sum of what was there and what else would be written", "[contract][fusion]") {
  const auto [name, make] = GENERATE(from_range(everything()));
  Bench<float> plain(make(), in), adding(make(), in);
  if (!plain.layer->adds()) return;
  randomize(plain), randomize(adding);
  plain.forward(Mode::train), plain.backward(Mode::train);
  adding.forward(Mode::train);
  const View<float> dx = (*adding.ws)[adding.dx], expected = (*plain.ws)[plain.dx];
  for (Index i = 0; i < dx.size(); ++i) dx[i] = static_cast<float>(i % 7) - 3;
  Pass<float> pass = adding.pass(Mode::train);
  pass.add = true;
  adding.layer->backward(pass, (*adding.ws)[adding.x], (*adding.ws)[adding.y], (*adding.ws)[adding.dy], dx);
  INFO(name);
  for (Index i = 0; i < dx.size(); ++i) REQUIRE(dx[i] == Approx(static_cast<float>(i % 7) - 3 + expected[i]).margin(1e-4));
  CHECK(same(adding.ws->gradients(), plain.ws->gradients()));
}

// Node by node nobody hands on moments: each norm reads its input. The sums run in another order, so the bits may differ.
TEST_CASE("moments that a convolution hands on are those of its output", "[contract][fusion][model]") {
  const std::string norm = GENERATE("batch_norm", "variance_only", "batch_renorm", "noisy_batch_norm", "lp_norm", "center_only");
  ModelConfig config;
  read_fields(Document::parse(R"({"name": "resnet_cifar", "depth": 14, "width": 16, "norm": ")" + norm + "\"}", "test"), [&](Fields& f) { config.describe(f); });
  const Shape input{8, 9, 8, 3};
  const Network<float> network = build_network<float>(config, input, 5, Keep::all);
  Pool pool(2);
  std::vector<float> x(static_cast<size_t>(input.size()));
  Stream(1, "x").fill_normal(0, x.data(), x.size());
  for (const Mode mode : {Mode::train, Mode::batch_statistics, Mode::calibrate, Mode::evaluate, Mode::frozen}) {
    Workspace<float> whole(network.plan()), single(network.plan());
    for (auto* ws : {&whole, &single}) {
      network.initialize(*ws, 2);
      network.forward({*ws, pool, Mode::batch_statistics, 1, 0}, {x.data(), input});
    }
    single.copy_from(whole);
    const View<float> out = network.forward({whole, pool, mode, 1, 0}, {x.data(), input});
    for (int i = 0; i < static_cast<int>(network.nodes().size()); ++i) network.forward({single, pool, mode, 1, 0}, {x.data(), input}, i, i + 1);
    const View<float> expected = network.output_of(single, static_cast<int>(network.nodes().size()) - 1, input.n);
    INFO(norm << " mode " << static_cast<int>(mode));
    for (Index i = 0; i < out.size(); ++i) REQUIRE(std::abs(out[i] - expected[i]) <= 1e-4f * (1 + std::abs(expected[i])));
    for (Index i = 0; i < whole.state().size(); ++i) REQUIRE(std::abs(whole.state()[i] - single.state()[i]) <= 1e-5f * (1 + std::abs(single.state()[i])));
    if (mode == Mode::evaluate) CHECK(same(out, expected));
  }
}

TEST_CASE("a network that keeps what it needs: less memory, the bytes of one that keeps all", "[contract][fusion][model]") {
  const std::string body = GENERATE(R"("name": "residual_mlp", "width": 16, "blocks": 3)", R"("name": "residual_mlp", "width": 16, "blocks": 3, "layers_per_block": 1)",
                                    R"("name": "vgg", "width": 16)", R"("name": "resnet_cifar", "depth": 14, "width": 16)", R"("name": "resnet_cifar", "depth": 14, "version": "v2")",
                                    R"("name": "wide_resnet", "depth": 10, "k": 2)", R"("name": "plain_cnn", "depth": 8, "width": 16)");
  for (const std::string placement : {"published", "none", "branch_end", "everywhere", "after_addition", "skip"}) {
    for (const std::string norm : {"batch_norm", "variance_only", "ghost_batch_norm", "rms_norm"}) {
      ModelConfig config;
      const std::string json = "{" + body + R"(, "norm": ")" + norm + R"(", "placement": ")" + placement + "\"}";
      std::unique_ptr<Network<float>> all, needed;
      const Shape input{4, 9, 8, 3};
      try {
        read_fields(Document::parse(json, "test"), [&](Fields& f) { config.describe(f); });
        all = std::make_unique<Network<float>>(build_network<float>(config, input, 5, Keep::all));
        needed = std::make_unique<Network<float>>(build_network<float>(config, input, 5, Keep::needed));
      } catch (const std::exception&) {
        continue;  // a placement that the model does not offer
      }
      INFO(json);
      CHECK(needed->plan().size(Region::cache) <= all->plan().size(Region::cache));
      CHECK(needed->plan().size(Region::scratch) <= all->plan().size(Region::scratch));
      Pool pool(2);
      std::vector<float> x(static_cast<size_t>(input.size()));
      Stream(1, "x").fill_normal(0, x.data(), x.size());
      Workspace<float> first(all->plan()), second(needed->plan());
      auto run = [&](const Network<float>& network, Workspace<float>& ws) {
        network.initialize(ws, 2);
        ws.poison();
        const Pass<float> pass{ws, pool, Mode::train, 1, 0};
        for (int step = 0; step < 2; ++step) {
          const View<float> out = network.forward(pass, {x.data(), input}), top = network.top(ws, input.n);
          for (Index i = 0; i < top.size(); ++i) top[i] = out[i] - static_cast<float>(i % 3);
          network.backward(pass, {x.data(), input});
        }
      };
      run(*all, first), run(*needed, second);
      REQUIRE(same(first.gradients(), second.gradients()));
      REQUIRE(same(first.state(), second.state()));
    }
  }
}
