// Every engine of a convolution gives what patches times weights give in double.
#include "nn/engines/engine.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "model/model.h"
#include "tensor/workspace.h"

using namespace bnlab;

namespace {

struct Case {
  Shape in;
  Index out, kernel, stride, pad;
};

template <class T>
struct Result {
  std::string name;
  std::vector<T> y, dx, dw;
};

std::vector<double> random(Index count, uint64_t seed) {
  std::vector<double> v(static_cast<size_t>(count));
  Stream(seed, "engines").fill_normal(0, v.data(), v.size());
  return v;
}

// The passes over `samples` of a convolution that was planned for k.in.n.
template <class T>
Result<T> run(const std::string& wish, const Case& k, Index samples, bool bias, int threads) {
  const ConvGeometry planned{k.in, k.kernel, k.kernel, k.stride, k.pad}, g{k.in.with_n(samples), k.kernel, k.kernel, k.stride, k.pad};
  Planner planner(sizeof(T));
  planner.enter("conv");
  const auto engine = make_engine<T>(wish, planned, k.out);
  engine->plan(planned, k.out, bias, planner);
  planner.end_of_layer();
  const Shape out{samples, g.out_h(), g.out_w(), k.out};
  const Slot x = planner.cache(g.in), y = planner.cache(out), dy = planner.cache(out), dx = planner.cache(g.in), w = planner.cache({k.out, k.kernel, k.kernel, k.in.c}),
             dw = planner.cache({k.out, k.kernel, k.kernel, k.in.c}), b = planner.cache({1, 1, 1, k.out});
  Workspace<T> ws(planner.finish());
  ws.poison();
  uint64_t seed = 1;
  for (const Slot& slot : {x, dy, w, b}) {
    const auto values = random(slot.shape.size(), seed++);
    std::transform(values.begin(), values.end(), ws[slot].data, [](double v) { return static_cast<T>(static_cast<float>(v)); });
  }
  Pool pool(threads);
  const Pass<T> pass{ws, pool};
  engine->forward(pass, g, ws[x].data, ws[w].data, bias ? ws[b].data : nullptr, ws[y], {});
  engine->input_gradient(pass, g, ws[dy], ws[w].data, ws[dx].data, false);
  engine->weight_gradient(pass, g, ws[x].data, ws[dy], ws[dw].data);
  auto values = [&](const Slot& s) { return std::vector<T>(ws[s].data, ws[s].data + ws[s].size()); };
  return {engine->name(), values(y), values(dx), values(dw)};
}

double error(const std::vector<double>& exact, const std::vector<float>& got) {
  double worst = 0, largest = 1e-30;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double e = std::abs(exact[i] - static_cast<double>(got[i]));
    worst = std::isnan(e) ? e : std::max(worst, e), largest = std::max(largest, std::abs(exact[i]));
  }
  return worst / largest;
}

}  // namespace

TEST_CASE("every engine agrees with double, for any kernel, stride, padding and number of samples", "[kernel][engine]") {
  const auto k = GENERATE(Case{{10, 8, 8, 3}, 16, 3, 1, 1}, Case{{10, 9, 7, 16}, 32, 3, 2, 1}, Case{{9, 8, 8, 32}, 16, 1, 2, 0}, Case{{9, 6, 5, 24}, 40, 1, 1, 0}, Case{{16, 8, 8, 16}, 16, 3, 1, 1},
                          Case{{17, 2, 2, 64}, 48, 3, 1, 1}, Case{{6, 1, 2, 16}, 16, 3, 1, 1}, Case{{4, 11, 10, 5}, 7, 5, 3, 2}, Case{{3, 4, 4, 128}, 300, 3, 1, 1}, Case{{1, 28, 28, 1}, 16, 3, 1, 1});
  for (const auto& wish : convolution_engines()) {
    if (wish == "direct" && !has_direct_engine()) continue;
    for (const Index samples : {k.in.n, k.in.n / 2 + 1}) {
      for (const bool bias : {false, true}) {
        const auto exact = run<double>("gemm", k, samples, bias, 1);
        const auto got = run<float>(wish, k, samples, bias, 2);
        INFO(wish << " -> " << got.name << ": " << samples << " of " << text(k.in) << " -> " << k.out << ", kernel " << k.kernel << " stride " << k.stride);
        const double bound = got.name == "winograd" ? 1e-5 : 3e-6;
        CHECK(error(exact.y, got.y) < bound);
        CHECK(error(exact.dx, got.dx) < bound);
        CHECK(error(exact.dw, got.dw) < bound);
        const auto alone = run<float>(wish, k, samples, bias, 1);  // threads change no bit
        CHECK((alone.y == got.y && alone.dx == got.dx && alone.dw == got.dw));
      }
    }
  }
}

TEST_CASE("the rule by shape", "[engine]") {
  auto chosen = [](const std::string& wish, const Case& k) { return std::string(make_engine<float>(wish, {k.in, k.kernel, k.kernel, k.stride, k.pad}, k.out)->name()); };
  const Case same{{8, 8, 8, 16}, 32, 3, 1, 1}, strided{{8, 8, 8, 16}, 32, 3, 2, 1}, first{{8, 8, 8, 3}, 16, 3, 1, 1}, tiny{{8, 2, 2, 64}, 64, 3, 1, 1}, rows{{8, 8, 8, 16}, 32, 1, 1, 0};
  const std::string other = has_direct_engine() ? "direct" : "gemm";
  for (const char* wish : {"auto", "winograd"}) {
    CHECK(chosen(wish, same) == "winograd");
    CHECK(chosen(wish, strided) == other);
    CHECK(chosen(wish, first) == other);
    CHECK(chosen(wish, tiny) == "gemm");
    CHECK(chosen(wish, rows) == other);
  }
  CHECK(chosen("gemm", same) == "gemm");
  if (has_direct_engine()) {
    CHECK(chosen("direct", same) == "direct");
  } else {
    CHECK_THROWS_AS(chosen("direct", same), ConfigError);
  }
  CHECK(std::string(make_engine<double>("auto", {same.in, 3, 3, 1, 1}, 32)->name()) == "gemm");
}
