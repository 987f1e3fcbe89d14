// What is planned is what is taken.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "model/model.h"

using namespace bnlab;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which keep books of their own

namespace {

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

Network<float> network_of(const std::string& json, Index batch) {
  ModelConfig config;
  read_fields(Document::parse(json, "test"), [&](Fields& f) { config.describe(f); });
  return build_network<float>(config, {batch, 32, 32, 3}, 10, Keep::needed);
}

double planned_bytes(const Plan& plan) {
  double sum = static_cast<double>(plan.size(Region::parameters));  // gradients
  for (const Region region : {Region::parameters, Region::state, Region::cache, Region::scratch}) sum += static_cast<double>(plan.size(region));
  return 4 * sum;
}

}  // namespace

TEST_CASE("planned bytes are measured bytes, and a step takes no more", "[model][memory]") {
  const std::string json = GENERATE(R"({"name": "resnet_cifar", "depth": 20, "norm": "batch_norm"})", R"({"name": "vgg", "norm": "batch_norm"})", R"({"name": "wide_resnet", "depth": 16, "k": 2, "norm": "batch_norm"})");
  std::vector<float> x(static_cast<size_t>(32 * 32 * 32 * 3), 0.5f);
  Pool pool(2);
  auto step = [&](const Network<float>& network, Workspace<float>& ws) {
    network.initialize(ws, 1);
    const Pass<float> pass{ws, pool};
    network.forward(pass, {x.data(), network.input()});
    network.backward(pass, {x.data(), network.input()});
  };
  {
    const auto small = network_of(json, 4);  // what OpenBLAS keeps for itself is there from now on
    Workspace<float> ws(small.plan());
    step(small, ws);
  }
  const auto network = network_of(json, 32);
  const double before = resident_bytes();
  Workspace<float> ws(network.plan());
  step(network, ws);
  const double planned = planned_bytes(network.plan()), measured = resident_bytes() - before;
  INFO(json << ": planned " << planned / 1e6 << " MB, measured " << measured / 1e6 << " MB");
  CHECK(measured == Approx(planned).epsilon(0.05));
}

TEST_CASE("deep Wide-ResNets fit", "[model][memory]") {
  const auto wide = network_of(R"({"name": "wide_resnet", "depth": 100, "k": 2, "norm": "batch_norm"})", 64);
  CHECK(planned_bytes(wide.plan()) < 4.0 * (1 << 30));
  const auto deep = network_of(R"({"name": "wide_resnet", "depth": 1000, "k": 1, "norm": "batch_norm"})", 32);
  CHECK(planned_bytes(deep.plan()) < 8.0 * (1 << 30));
}

#endif
