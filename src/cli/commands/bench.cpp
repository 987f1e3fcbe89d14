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
  const char *name, *what, *data, *model;
  int batch;
  const char* loss = "softmax_cross_entropy";
};

constexpr const char *vector784 = R"({"name":"gaussian_mixture","samples":1024,"features":784})", *vector100 = R"({"name":"linear_teacher","samples":1024,"features":100,"outputs":100})",
                     *image32 = R"({"name":"textures","samples":512})", *image28 = R"({"name":"textures","samples":512,"size":28,"channels":1})";

// The names and shapes that scripts/bench_torch.py has too.
constexpr Workload workloads[] = {
    {"mlp_sigmoid_bn", "784-100x3-10 sigmoid BN", vector784, R"("widths":[100,100,100],"activation":"sigmoid","norm":"batch_norm")", 60},
    {"mlp_sigmoid", "784-100x3-10 sigmoid", vector784, R"("widths":[100,100,100],"activation":"sigmoid")", 60},
    {"mlp_relu_bn", "784-512x8-10 ReLU BN", vector784, R"("widths":[512,512,512,512,512,512,512,512],"norm":"batch_norm")", 128},
    {"dln25", "deep linear net 25 x 100", vector100, R"("name":"deep_linear","depth":25,"width":100,"initializer":"glorot")", 128, "mean_squared_error"},
    {"dln25_bn", "deep linear net 25 x 100 BN", vector100, R"("name":"deep_linear","depth":25,"width":100,"initializer":"glorot","norm":"batch_norm")", 128, "mean_squared_error"},
    {"vgg11_bn", "VGG-11 BN, 32x32x3", image32, R"("name":"vgg","norm":"batch_norm")", 128},
    {"vgg11", "VGG-11, 32x32x3", image32, R"("name":"vgg")", 128},
    {"vgg11_quarter_bn", "VGG-11 BN with a quarter of the channels, 32x32x3", image32, R"("name":"vgg","width":16,"norm":"batch_norm")", 128},
    {"resnet20", "ResNet-20 BN, 32x32x3", image32, R"("name":"resnet_cifar","depth":20,"norm":"batch_norm")", 128},
    {"resnet56", "ResNet-56 BN, 32x32x3", image32, R"("name":"resnet_cifar","depth":56,"norm":"batch_norm")", 128},
    {"wrn16_2", "Wide-ResNet 16-2 BN, 32x32x3", image32, R"("name":"wide_resnet","depth":16,"k":2,"norm":"batch_norm")", 128},
    {"wrn100_2", "Wide-ResNet 100-2 BN, 32x32x3", image32, R"("name":"wide_resnet","depth":100,"k":2,"norm":"batch_norm")", 64},
    {"resnet20_28x28", "ResNet-20 BN, 28x28x1", image28, R"("name":"resnet_cifar","depth":20,"norm":"batch_norm")", 128},
};

RunConfig config_of(const Workload& w, const std::string& engine) {
  return read_run_config(Document::parse(fmt::format(R"({{"data":{},"model":{{{}}},"train":{{"batch_size":{},"loss":"{}","learning_rate":0.001,"momentum":0.9}},"engine":{{"convolution":"{}"}}}})", w.data, w.model, w.batch, w.loss, engine), w.name));
}

// Milliseconds a step of each node, in the order of the network.
Json layers_of(const Network<float>& network, const std::vector<NodeTime>& times, size_t steps) {
  Json list = Json::array();
  for (size_t i = 0; i < times.size(); ++i) {
    const auto& node = network.nodes()[i];
    const double scale = 1e3 / static_cast<double>(steps);
    list.push_back({{"name", node.name}, {"what", node.what}, {"engine", node.layer ? node.layer->engine() : ""}, {"shape", text(node.shape)}, {"forward_ms", times[i].forward * scale}, {"backward_ms", times[i].backward * scale}});
  }
  return list;
}

void print_layers(const Json& layers) {
  std::vector<std::vector<std::string>> rows{{"layer", "what", "engine", "output", "forward ms", "backward ms"}};
  for (const Json& l : layers) {
    rows.push_back({l["name"], l["what"], l["engine"], l["shape"], fmt::format("{:.3f}", l["forward_ms"].get<double>()), fmt::format("{:.3f}", l["backward_ms"].get<double>())});
  }
  fmt::print("{}\n", aligned(rows));
}

Json measure(const Workload& workload, const std::string& engine, int threads, double seconds, bool with_layers) {
  using Clock = std::chrono::steady_clock;
  RunConfig config = config_of(workload, engine);
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
  std::vector<NodeTime> times(trainer.network().nodes().size());
  Pass<float> pass{trainer.workspace(), pool, Mode::train, 0, 0};
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
    if (with_layers) pass.times = times.data();
    auto seconds_of = [](auto from, auto to) { return std::chrono::duration<double>(to - from).count(); };
    forward.push_back(seconds_of(t0, t1)), backward.push_back(seconds_of(t1, t2)), update.push_back(seconds_of(t2, t3)), all.push_back(seconds_of(t0, t3));
  }
  // three products of each weight layer, but nobody asks for the gradient of the network's input
  const double macs = trainer.network().multiply_adds_per_sample(), first = trainer.network().nodes()[0].layer->multiply_adds_per_sample();
  const double step = median(all), flop = (6 * macs - 2 * first) * static_cast<double>(batch.n());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto ms = [](double s) { return std::round(s * 1e7) / 1e4; };
  Json line{{"workload", workload.name},      {"threads", threads}, {"steps", all.size()}, {"bnlab_ms", ms(step)}, {"ms_min", ms(*std::min_element(all.begin(), all.end()))},
          {"forward_ms", ms(median(forward))}, {"backward_ms", ms(median(backward))}, {"update_ms", ms(median(update))}, {"images_per_second", std::round(static_cast<double>(batch.n()) / step)},
          {"gflops", std::round(flop / step / 1e8) / 10}, {"peak_memory_mb", usage.ru_maxrss / 1024}};
  if (with_layers) line["layers"] = layers_of(trainer.network(), times, all.size() - 1);  // the clock runs from the second step on
  return line;
}

}  // namespace

int bench_command(const BenchArguments& arguments) {
  std::vector<std::string> names;
  for (const Workload& w : workloads) names.emplace_back(w.name);
  if (arguments.list) {
    for (const Workload& w : workloads) fmt::print("{:<18}{}, batch {}\n", w.name, w.what, w.batch);
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
    const Json line = measure(w, arguments.engine, threads, arguments.seconds, arguments.layers);
    if (arguments.json) {
      fmt::print("{}\n", line.dump());
      std::fflush(stdout);
    } else {
      if (arguments.layers) print_layers(line["layers"]);
      rows.push_back({w.name, std::to_string(threads), line["bnlab_ms"].dump(), line["forward_ms"].dump(), line["backward_ms"].dump(), line["update_ms"].dump(), line["images_per_second"].dump(), line["gflops"].dump()});
    }
  }
  if (!arguments.json) fmt::print("{}", aligned(rows));
  return 0;
}

}  // namespace bnlab
