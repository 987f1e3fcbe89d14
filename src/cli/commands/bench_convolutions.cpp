// bench --convolutions: what each engine takes for the three passes of a layer, and how far it is from double.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "core/environment.h"
#include "core/stats.h"
#include "core/text.h"
#include "nn/engines/engine.h"

namespace bnlab {
namespace {

struct Layer2d {
  Index in, side, out, kernel, stride;
};
constexpr Layer2d layers[] = {{3, 32, 16, 3, 1},  {16, 32, 16, 3, 1},  {16, 32, 32, 3, 2},   {32, 16, 32, 3, 1},  {64, 8, 64, 3, 1},   {16, 32, 32, 1, 1},
                              {64, 16, 128, 1, 2}, {3, 32, 64, 3, 1},   {64, 32, 64, 3, 1},   {64, 16, 128, 3, 1}, {128, 16, 128, 3, 1}, {256, 8, 256, 3, 1},
                              {512, 4, 512, 3, 1}, {512, 2, 512, 3, 1}};

ConvGeometry geometry(const Layer2d& l, Index samples) { return {{samples, l.side, l.side, l.in}, l.kernel, l.kernel, l.stride, l.kernel / 2}; }

// One engine, planned for `samples`, with random numbers in place.
template <class T>
struct Case {
  ConvGeometry g;
  std::unique_ptr<ConvEngine<T>> engine;
  std::unique_ptr<Workspace<T>> ws;
  Slot x, y, dy, dx, w, dw;

  Case(const std::string& wish, const Layer2d& l, Index samples) : g(geometry(l, samples)), engine(make_engine<T>(wish, g, l.out)) {
    Planner planner(sizeof(T));
    planner.enter("convolution");
    engine->plan(g, l.out, false, planner);
    planner.end_of_layer();
    const Shape out{samples, g.out_h(), g.out_w(), l.out}, weight{l.out, l.kernel, l.kernel, l.in};
    x = planner.cache(g.in), y = planner.cache(out), dy = planner.cache(out), dx = planner.cache(g.in), w = planner.cache(weight), dw = planner.cache(weight);
    ws = std::make_unique<Workspace<T>>(planner.finish());
    uint64_t seed = 0;
    for (const Slot& slot : {x, dy, w}) {
      std::vector<float> values(static_cast<size_t>(slot.shape.size()));
      Stream(seed++, "bench").fill_normal(0, values.data(), values.size());
      std::copy(values.begin(), values.end(), (*ws)[slot].data);
    }
  }
  void pass(Pool& pool, int which) const {
    const Pass<T> p{*ws, pool};
    if (which == 0) engine->forward(p, g, (*ws)[x].data, (*ws)[w].data, nullptr, (*ws)[y], {});
    if (which == 1) engine->input_gradient(p, g, (*ws)[dy], (*ws)[w].data, (*ws)[dx].data, false);
    if (which == 2) engine->weight_gradient(p, g, (*ws)[x].data, (*ws)[dy], (*ws)[dw].data);
  }
  View<T> result(int which) const { return (*ws)[which == 0 ? y : which == 1 ? dx : dw]; }
};

double milliseconds(const Case<float>& c, Pool& pool, int which, double seconds) {
  using Clock = std::chrono::steady_clock;
  auto since = [](Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); };
  std::vector<double> times;
  c.pass(pool, which);
  for (const auto begin = Clock::now(); since(begin) < seconds || times.size() < 3;) {
    const auto t = Clock::now();
    c.pass(pool, which);
    times.push_back(1e3 * since(t));
  }
  return median(times);
}

// Largest difference, as a share of the largest exact value.
double error(View<const double> exact, View<const float> got) {
  double worst = 0, largest = 0;
  for (Index i = 0; i < exact.size(); ++i) {
    worst = std::max(worst, std::abs(exact[i] - static_cast<double>(got[i])));
    largest = std::max(largest, std::abs(exact[i]));
  }
  return worst / largest;
}

}  // namespace

int bench_convolutions(const BenchArguments& arguments) {
  constexpr const char* passes[] = {"forward", "input gradient", "weight gradient"};
  constexpr Index batch = 128;
  flush_denormals(true);
  Pool pool(arguments.threads > 0 ? arguments.threads : std::min(4, machine_threads()));
  std::vector<std::vector<std::string>> rows{{"layer", "pass", "engine", "ms", "GFLOP/s", "error"}};
  for (const Layer2d& l : layers) {
    const std::string name = fmt::format("{}->{} {}x{}, {}x{}{}", l.in, l.out, l.side, l.side, l.kernel, l.kernel, l.stride > 1 ? " stride 2" : "");
    const Case<double> exact("gemm", l, batch);
    for (const std::string wish : {"winograd", "direct", "gemm"}) {
      if (wish == "direct" && !has_direct_engine()) continue;
      const Case<float> c(wish, l, batch);
      if (c.engine->name() != wish) continue;
      for (int which = 0; which < 3; ++which) {
        exact.pass(pool, which);
        const double ms = milliseconds(c, pool, which, arguments.seconds / 30);
        const double gflops = 2e-6 * static_cast<double>(batch * c.g.positions() * c.g.patch() * l.out) / ms, off = error(exact.result(which), c.result(which));
        if (arguments.json) {
          fmt::print("{}\n", Json{{"layer", name}, {"pass", passes[which]}, {"engine", wish}, {"batch", batch}, {"threads", pool.threads()}, {"ms", ms}, {"gflops", gflops}, {"error", off}}.dump());
        } else {
          rows.push_back({name, passes[which], wish, fmt::format("{:.3f}", ms), fmt::format("{:.0f}", gflops), fmt::format("{:.1e}", off)});
        }
      }
    }
  }
  if (!arguments.json) fmt::print("batch {}, {} threads; error: the largest difference from double, as a share of the largest value\n\n{}", batch, pool.threads(), aligned(rows));
  return 0;
}

}  // namespace bnlab
