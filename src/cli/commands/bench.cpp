// bench: median time of a training step (forward, loss, backward, SGD with momentum) on data in memory.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "core/environment.h"
#include "core/error.h"
#include "core/stats.h"
#include "core/text.h"
#include "experiment/cells.h"
#include "train/trainer.h"

namespace bnlab {
namespace {

struct Workload {
  const char* name;
  const char* what;
  const char* config;
};

// The names and shapes that scripts/bench_torch.py has too.
constexpr Workload workloads[] = {
    {"mlp_sigmoid_bn", "784-100x3-10 sigmoid BN, batch 60", R"({"data":{"features":784},"model":{"widths":[100,100,100],"activation":"sigmoid","norm":"batch_norm","placement":"before_activation"},"train":{"batch_size":60}})"},
    {"mlp_sigmoid", "784-100x3-10 sigmoid, batch 60", R"({"data":{"features":784},"model":{"widths":[100,100,100],"activation":"sigmoid"},"train":{"batch_size":60}})"},
    {"mlp_relu_bn", "784-512x8-10 ReLU BN, batch 128", R"({"data":{"features":784},"model":{"widths":[512,512,512,512,512,512,512,512],"norm":"batch_norm","placement":"before_activation"},"train":{"batch_size":128}})"},
    {"dln25", "deep linear net 25 x 100, batch 128", R"({"data":{"name":"linear_teacher","features":100,"outputs":100},"model":{"name":"deep_linear","depth":25,"width":100,"initializer":"glorot"},"train":{"batch_size":128,"loss":"mean_squared_error"}})"},
    {"dln25_bn", "deep linear net 25 x 100 BN, batch 128", R"({"data":{"name":"linear_teacher","features":100,"outputs":100},"model":{"name":"deep_linear","depth":25,"width":100,"initializer":"glorot","norm":"batch_norm","placement":"before_activation"},"train":{"batch_size":128,"loss":"mean_squared_error"}})"},
};

RunConfig config_of(const Workload& workload) {
  Document document = Document::parse(R"({"data":{"name":"gaussian_mixture","samples":1024},"train":{"learning_rate":0.001,"momentum":0.9}})", workload.name);
  document.merge(Document::parse(workload.config, workload.name));
  return read_run_config(document);
}

Json measure(const Workload& workload, int threads, double seconds) {
  using Clock = std::chrono::steady_clock;
  RunConfig config = config_of(workload);
  flush_denormals(true);
  Pool pool(threads);
  std::string notice;
  const Dataset data = load_dataset(config.data, notice);
  Trainer<float> trainer(config.model, config.train, data, 0, pool);
  Optimizer<float> optimizer(config.train, trainer.network().plan());
  const Batch<float> batch = trainer.batches().at(0);
  std::vector<double> forward, backward, update, all;
  const auto begin = Clock::now();
  auto passed = [&](Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); };
  const Pass<float> pass{trainer.workspace(), pool, Mode::train, 0, 0};
  while (passed(begin) < 1.25 * seconds || all.size() < 7) {
    const auto t0 = Clock::now();
    const View<float> out = trainer.network().forward(pass, batch.x);
    trainer.loss()(out, batch, trainer.network().top(trainer.workspace(), batch.n()));
    const auto t1 = Clock::now();
    trainer.network().backward(pass, batch.x);
    const auto t2 = Clock::now();
    optimizer.step(pool, trainer.workspace(), 0.001);
    const auto t3 = Clock::now();
    if (passed(begin) < 0.25 * seconds) continue;  // warming up
    auto seconds_of = [](auto from, auto to) { return std::chrono::duration<double>(to - from).count(); };
    forward.push_back(seconds_of(t0, t1)), backward.push_back(seconds_of(t1, t2)), update.push_back(seconds_of(t2, t3)), all.push_back(seconds_of(t0, t3));
  }
  // three products of each weight layer, but nobody asks for the gradient of the network's input
  const double macs = trainer.network().multiply_adds_per_sample(), first = trainer.network().nodes()[0].layer->multiply_adds_per_sample();
  const double step = median(all), flop = (6 * macs - 2 * first) * static_cast<double>(batch.n());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto ms = [](double s) { return std::round(s * 1e7) / 1e4; };
  return {{"workload", workload.name},      {"threads", threads}, {"steps", all.size()}, {"bnlab_ms", ms(step)}, {"ms_min", ms(*std::min_element(all.begin(), all.end()))},
          {"forward_ms", ms(median(forward))}, {"backward_ms", ms(median(backward))}, {"update_ms", ms(median(update))}, {"images_per_second", std::round(static_cast<double>(batch.n()) / step)},
          {"gflops", std::round(flop / step / 1e8) / 10}, {"peak_memory_mb", usage.ru_maxrss / 1024}};
}

}  // namespace

int bench_command(const BenchArguments& arguments) {
  std::vector<std::string> names;
  for (const Workload& w : workloads) names.emplace_back(w.name);
  if (arguments.list) {
    for (const Workload& w : workloads) fmt::print("{:<18}{}\n", w.name, w.what);
    return 0;
  }
  for (const auto& wanted : arguments.workloads) {
    if (std::find(names.begin(), names.end(), wanted) == names.end()) {
      throw UsageError(fmt::format("bench: unknown workload '{}'{} (known: {})", wanted, did_you_mean(wanted, names), join(names)));
    }
  }
  const int threads = arguments.threads > 0 ? arguments.threads : std::min(4, machine_threads());
  std::vector<std::vector<std::string>> rows{{"workload", "threads", "ms/step", "forward", "backward", "update", "images/s", "GFLOP/s"}};
  for (const Workload& w : workloads) {
    if (!arguments.workloads.empty() && std::find(arguments.workloads.begin(), arguments.workloads.end(), w.name) == arguments.workloads.end()) continue;
    const Json line = measure(w, threads, arguments.seconds);
    if (arguments.json) {
      fmt::print("{}\n", line.dump());
      std::fflush(stdout);
    } else {
      rows.push_back({w.name, std::to_string(threads), line["bnlab_ms"].dump(), line["forward_ms"].dump(), line["backward_ms"].dump(), line["update_ms"].dump(), line["images_per_second"].dump(), line["gflops"].dump()});
    }
  }
  if (!arguments.json) fmt::print("{}", aligned(rows));
  return 0;
}

}  // namespace bnlab
