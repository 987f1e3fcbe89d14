// What follows from batch normalization by algebra, of a batch as a whole.
#include <algorithm>

#include "support/full_batch.h"
#include "support/layers.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

// How much of the batch is in its one loudest sample, and how alike the others are, behind `depth` x [linear, norm, ReLU].
struct Loudest {
  double over_the_next, cosine_of_the_others;
};
Loudest loudest(const std::string& norm, Index samples, Index width, int depth, uint64_t seed) {
  Materials materials;
  materials.norm = {norm, "{}"};
  materials.activation = {"relu", "{}"};
  Builder<double> b({samples, 1, 1, width}, 1, materials);
  for (int k = 1; k <= depth; ++k) b.enter("hidden" + std::to_string(k)).linear(width).norm(Site::before_activation, true).activate();
  const Network<double> network = b.finish(Keep::all);
  Workspace<double> ws(network.plan());
  network.initialize(ws, seed);
  std::vector<double> x(static_cast<size_t>(samples * width));
  Stream(seed, "x").fill_normal(0, x.data(), x.size());
  Pool pool(1);
  const View<double> out = network.forward({ws, pool}, {x.data(), network.input()});
  auto dot = [&](Index a, Index c) {
    double sum = 0;
    for (Index k = 0; k < width; ++k) sum += out.at(a, k) * out.at(c, k);
    return sum;
  };
  std::vector<Index> order;
  for (Index r = 0; r < samples; ++r) order.push_back(r);
  std::sort(order.begin(), order.end(), [&](Index a, Index c) { return dot(a, a) > dot(c, c); });
  double cosine = 0;
  int pairs = 0;
  for (Index i = 1; i < samples; ++i) {
    for (Index j = i + 1; j < samples; ++j, ++pairs) cosine += dot(order[i], order[j]) / std::sqrt(dot(order[i], order[i]) * dot(order[j], order[j]));
  }
  return {std::sqrt(dot(order[0], order[0]) / dot(order[1], order[1])), cosine / pairs};
}

}  // namespace

TEST_CASE("training and inference agree up to m / (m - 1)", "[science][batch_norm]") {
  const auto [kind, factor] = GENERATE(table<std::string, double>({{"unbiased", 11.0 / 10.0}, {"biased", 1.0}}));
  Bench<double> bn(make_as<Layer<double>>(norms<double>(), {"batch_norm", R"({"epsilon": 0, "running_momentum": 1, "running_variance": ")" + kind + "\"}"}), {11, 1, 1, 3});
  randomize(bn, 4);
  bn.forward(Mode::train);
  const View<double> y = (*bn.ws)[bn.y];
  const std::vector<double> trained(y.data, y.data + y.size());
  bn.forward(Mode::evaluate);
  for (Index i = 0; i < y.size(); ++i) {
    const double beta = bn.parameter("beta")[i % 3];
    REQUIRE((y[i] - beta) * std::sqrt(factor) == Approx(trained[static_cast<size_t>(i)] - beta).epsilon(1e-12));
  }
}

TEST_CASE("behind batch_norm with beta = 0 the mean cosine of B samples is about -1 / (B - 1)", "[science][batch_norm]") {
  for (const Index samples : {4, 8, 32}) {
    Bench<double> bn(make_as<Layer<double>>(norms<double>(), {"batch_norm", R"({"epsilon": 0})"}), {samples, 1, 1, 4000});
    fill_normal(Stream(3, "x"), 0, (*bn.ws)[bn.x], 2, 1);
    bn.forward(Mode::train);
    const View<double> y = (*bn.ws)[bn.y];
    double cosine = 0, products = 0, squares = 0;
    for (Index i = 0; i < samples; ++i) {
      for (Index j = 0; j < samples; ++j) {
        double both = 0, a = 0, b = 0;
        for (Index c = 0; c < 4000; ++c) both += y.at(i, c) * y.at(j, c), a += y.at(i, c) * y.at(i, c), b += y.at(j, c) * y.at(j, c);
        if (i == j) squares += a;
        if (i != j) products += both, cosine += both / std::sqrt(a * b) / static_cast<double>(samples * (samples - 1));
      }
    }
    REQUIRE(products == Approx(-squares).epsilon(1e-10));  // samples of mean 0 add up to 0
    REQUIRE(cosine == Approx(-1.0 / static_cast<double>(samples - 1)).epsilon(0.02));
  }
}

TEST_CASE("deep, centering alone leaves one odd sample; scaling each unit as well does not (Nachum et al. 2024)", "[science]") {
  for (const uint64_t seed : {1, 2, 3}) {
    const Loudest centred = loudest("center_only", 8, 128, 200, seed), normalized = loudest("batch_norm", 8, 128, 200, seed);
    INFO(seed);
    CHECK(centred.over_the_next > 2);
    CHECK(centred.cosine_of_the_others > 0.4);
    CHECK(normalized.over_the_next < 1.3);
    CHECK(normalized.cosine_of_the_others < 0.3);
  }
}
