// Plan, then allocate once: a training step asks the system for no memory.
// (Not under sanitizers, which bring their own operator new.)
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdlib>
#include <new>

#include "experiment/run_config.h"
#include "nn/engines/engine.h"
#include "train/trainer.h"

namespace {

std::atomic<long> allocations{0};

}  // namespace

// Counts what this whole test program allocates; only differences over a step are looked at.
void* operator new(size_t size) {
  ++allocations;
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, size_t) noexcept { std::free(block); }

using namespace bnlab;

namespace {

long allocated_by_steps(const std::string& json) {
  RunConfig config = read_run_config(Document::parse(json, "test"));
  std::string notice;
  const Dataset data = load_dataset(config.data, notice);
  Pool pool(2);
  Trainer<float> trainer(config.model, config.train, data, 1, pool);
  Optimizer<float> optimizer(config.train, trainer.network().plan());
  auto step = [&](int64_t at) {
    trainer.gradients(trainer.batches().at(at));
    optimizer.gradient_norm(pool, trainer.workspace());
    optimizer.step(pool, trainer.workspace(), 0.01);
  };
  step(0);
  const long before = allocations;
  for (int64_t at = 1; at < 9; ++at) step(at);  // within one epoch: a new epoch draws a new order
  return allocations - before;
}

}  // namespace

TEST_CASE("no step allocates, under any norm, in any model", "[train]") {
  const auto body = GENERATE(R"("name": "mlp", "widths": [40, 30])", R"("name": "deep_linear", "depth": 4)", R"("name": "residual_mlp", "blocks": 2)", R"("name": "recurrent", "width": 12)");
  for (const auto& norm : norms<float>().names()) {
    if (norm == "instance_norm") continue;  // needs space
    const std::string json = R"({"data": {"name": "textures", "size": 8, "samples": 200, "augment": {"flip": true, "crop_padding": 2}}, "model": {)" + std::string(body) + R"(, "norm": ")" + norm +
                             R"(", "placement": ")" + (norm == "group_norm" ? "none" : "before_activation") + R"(", "dropout": 0.2, "weights": "weight_norm"}, "train": {"batch_size": 20, "momentum": 0.9, "adaptive_clip": {"lambda": 0.01}}})";
    const long more = allocated_by_steps(json);
    INFO(body << " " << norm);
    CHECK(more == 0);
  }
}

// oneDNN's own bookkeeping, a few small blocks a call, is not ours to plan: without it here, and bounded below.
TEST_CASE("no step of a convolutional network allocates", "[train]") {
  const std::string body = GENERATE(R"("name": "vgg", "width": 16)", R"("name": "resnet_cifar", "depth": 8)", R"("name": "wide_resnet", "depth": 10)");
  for (const std::string engine : {"gemm", "auto"}) {
    const std::string json = R"({"data": {"name": "textures", "size": 16, "samples": 200}, "model": {)" + body + R"(, "norm": "batch_norm"}, "train": {"batch_size": 20, "momentum": 0.9}, "engine": {"convolution": ")" + engine + "\"}}";
    INFO(body << " " << engine);
    const long more = allocated_by_steps(json);
    if (engine == "gemm" || !has_direct_engine()) {
      CHECK(more == 0);
    } else {
      CHECK(more < 8 * 1000);
    }
  }
}

TEST_CASE("no step allocates under any scaling", "[train][scaling]") {
  for (const auto& scaling : scalings<float>().names()) {
    const std::string options = scaling == "rescale" ? R"(, "bias": "data_dependent")" : "";
    const std::string json = R"({"data": {"name": "gaussian_mixture", "samples": 200}, "model": {"name": "residual_mlp", "blocks": 2, "norm": "batch_norm", "placement": "branch_end", "scaling": {"name": ")" +
                             scaling + "\"" + options + R"(}}, "train": {"batch_size": 20, "momentum": 0.9}})";
    INFO(scaling);
    CHECK(allocated_by_steps(json) == 0);
  }
}

#endif
