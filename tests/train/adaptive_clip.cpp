// Adaptive gradient clipping against a direct reading of its formula.
#include <catch2/catch.hpp>

#include <cmath>

#include "experiment/run_config.h"
#include "train/trainer.h"

using namespace bnlab;

namespace {

template <class T>
struct Setting {
  RunConfig config;
  std::string notice;
  Dataset data;
  Pool pool;
  Trainer<T> trainer;

  static RunConfig read(const std::string& train, const std::string& model) {
    return read_run_config(Document::parse(
        R"({"data": {"name": "textures", "size": 8, "samples": 100}, "model": )" + model +
            R"(, "train": {"steps": 25, "batch_size": 20, "momentum": 0.9, "weight_decay": 0.01)" + train + "}}",
        "test"));
  }
  explicit Setting(
      const std::string& train, int threads = 1,
      const std::string& model = R"({"widths": [24, 1, 5], "norm": "batch_norm", "placement": "before_activation"})")
      : config(read(train, model)),
        data(load_dataset(config.data, notice)),
        pool(threads),
        trainer(config.model, config.train, data, 5, pool) {}

  std::vector<T> trained() {
    Observers<T> nobody;
    const std::atomic<bool> never{false};
    trainer.run(nobody, never);
    const View<T> p = trainer.workspace().parameters();
    return {p.data, p.data + p.size()};
  }
};

double length(const double* x, Index size, Index stride = 1) {
  double squares = 0;
  for (Index i = 0; i < size; ++i) squares += x[i * stride] * x[i * stride];
  return std::sqrt(squares);
}

const char* const convolutional = R"({"name": "plain_cnn", "norm": "batch_norm", "bias": "always"})";

}  // namespace

TEST_CASE("adaptive clipping bounds each row's gradient by its weights, and keeps what is within",
          "[train][adaptive_clip]") {
  for (const std::string model : {R"({"widths": [24, 1, 5], "norm": "batch_norm", "bias": "always"})", convolutional}) {
    Setting<double> t(R"(, "adaptive_clip": {"lambda": 0.05, "epsilon": 0.02})", 2, model);
    t.trainer.gradients(t.trainer.batches().at(0));
    const Workspace<double>& ws = t.trainer.workspace();
    const View<double> all = ws.gradients();
    // rows of lengths on both sides of the bound; some weights shorter than epsilon
    const Stream stream(3, "test");
    stream.fill_normal(0, all.data, static_cast<size_t>(all.size()));
    for (Index i = 0; i < all.size(); ++i) all[i] *= std::exp(4 * std::sin(0.01 * static_cast<double>(i)) - 3);
    for (Index i = 0; i < 500; ++i) ws.parameters()[i] *= 1e-6;
    const std::vector<double> before(all.data, all.data + all.size());
    AdaptiveClip<double>(t.config.train.adaptive_clip, ws.plan()).apply(t.pool, ws);
    int clipped = 0, kept = 0, last = 0, whole = 0;
    for (const auto& [name, slot, role] : ws.plan().parameters) {
      const bool output = name == "output/linear/weight" || name == "output/linear/bias";
      const bool rows = role == Role::weight && slot.shape.n > 1 && slot.shape.sample() > 1;
      const Index units = rows ? slot.shape.n : 1, size = slot.shape.size() / units;
      whole += !rows;
      for (Index u = 0; u < units; ++u) {
        const double *w = ws[slot].data + u * size, *g = ws.gradient(slot) + u * size,
                     *old = before.data() + slot.offset + u * size;
        const double bound = 0.05 * std::max(length(w, size), 0.02), size_before = length(old, size);
        const bool shortened = size_before > bound && !output;
        INFO(name << " unit " << u << ": " << size_before << " against " << bound);
        shortened ? ++clipped : ++kept;
        last += output && size_before > bound;
        for (Index i = 0; i < size; ++i) {
          if (shortened) REQUIRE(g[i] == Approx(old[i] * bound / size_before).epsilon(1e-12));
          if (!shortened) REQUIRE(g[i] == old[i]);  // to the byte
        }
      }
    }
    INFO(model << ": " << clipped << " clipped, " << kept << " kept");
    for (const int count : {clipped, kept, last, whole}) CHECK(count > 0);
  }
}

TEST_CASE("adaptive clipping comes before weight decay and momentum", "[train][adaptive_clip]") {
  const std::string step = R"(, "learning_rate": 0.5, "adaptive_clip": {"lambda": 0.001})";
  Setting<double> t(step);
  const Workspace<double>& ws = t.trainer.workspace();
  Optimizer<double> optimizer(t.config.train, ws.plan());
  const Index n = ws.parameters().size();
  std::vector<double> w(ws.parameters().data, ws.parameters().data + n), v(static_cast<size_t>(n), 0);
  for (int64_t at = 0; at < 3; ++at) {
    t.trainer.gradients(t.trainer.batches().at(at));
    const std::vector<double> raw(ws.gradients().data, ws.gradients().data + n);
    AdaptiveClip<double>(t.config.train.adaptive_clip, ws.plan()).apply(t.pool, ws);
    const std::vector<double> g(ws.gradients().data, ws.gradients().data + n);
    CHECK(g != raw);
    std::copy(raw.begin(), raw.end(), ws.gradients().data);
    optimizer.step(t.pool, t.trainer.workspace(), 0.5);
    for (size_t i = 0; i < w.size(); ++i) {
      v[i] = 0.9 * v[i] + (g[i] + 0.01 * w[i]);
      w[i] -= 0.5 * v[i];
      REQUIRE(ws.parameters()[static_cast<Index>(i)] == Approx(w[i]).epsilon(1e-12).margin(1e-15));
    }
  }
}

TEST_CASE("a bound that nothing reaches gives the bytes of none; one that is reached, others, with any threads",
          "[train][adaptive_clip]") {
  const auto none = Setting<float>("").trained();
  CHECK(Setting<float>(R"(, "adaptive_clip": {"lambda": 1e9})").trained() == none);
  const std::string tight = R"(, "adaptive_clip": {"lambda": 0.01})";
  const auto clipped = Setting<float>(tight).trained();
  CHECK(clipped != none);
  CHECK(Setting<float>(tight, 3).trained() == clipped);
}
