// Layers on their own: planned, on a workspace, at a random point.
#pragma once

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nn/catalogs.h"

namespace bnlab::testing {

inline void fill_normal(Stream stream, uint64_t step, View<double> out, double scale = 1, double offset = 0) {
  stream.fill_normal(step, out.data, static_cast<size_t>(out.size()));
  for (Index i = 0; i < out.size(); ++i) out[i] = offset + scale * out[i];
}

// A layer with memory for its input, output and their gradients.
template <class T>
struct Bench {
  std::unique_ptr<Layer<T>> layer;
  Shape in, out;
  std::unique_ptr<Workspace<T>> ws;
  Slot x, y, dy, dx;
  Pool pool{1};

  Bench(std::unique_ptr<Layer<T>> l, Shape shape) : layer(std::move(l)), in(shape) {
    Planner planner(sizeof(T));
    planner.enter("layer");
    out = layer->plan(in, planner);
    planner.end_of_layer();
    x = planner.cache(in), dx = planner.cache(in), y = planner.cache(out), dy = planner.cache(out);
    ws = std::make_unique<Workspace<T>>(planner.finish());
    layer->initialize(*ws, 1);
  }
  Pass<T> pass(Mode mode, int64_t step = 3) { return {*ws, pool, mode, 7, step}; }
  void forward(Mode mode, int64_t step = 3) { layer->forward(pass(mode, step), (*ws)[x], (*ws)[y]); }
  void backward(Mode mode, int64_t step = 3) { layer->backward(pass(mode, step), (*ws)[x], (*ws)[y], (*ws)[dy], (*ws)[dx]); }
  View<T> parameter(const std::string& name) {
    for (const auto& entry : ws->plan().parameters) {
      if (entry.name == "layer/" + name) return (*ws)[entry.slot];
    }
    return {};
  }
  View<T> gradient(const std::string& name) {
    for (const auto& entry : ws->plan().parameters) {
      if (entry.name == "layer/" + name) return {ws->gradient(entry.slot), entry.slot.shape};
    }
    return {};
  }
  View<T> state(const std::string& name) {
    for (const auto& entry : ws->plan().state) {
      if (entry.name == "layer/" + name) return (*ws)[entry.slot];
    }
    return {};
  }
};

// Away from the starting point: gamma = 1 and beta = 0 hide wrong factors; an all-ones upstream gradient is 0 through
// batch_norm by algebra.
inline void randomize(Bench<double>& bench, uint64_t seed) {
  const Stream stream(seed, "test");
  fill_normal(stream, 0, (*bench.ws)[bench.x], 1.3, 0.7);
  fill_normal(stream, 1, (*bench.ws)[bench.dy]);
  uint64_t k = 2;
  for (const auto& entry : bench.ws->plan().parameters) fill_normal(stream, k++, (*bench.ws)[entry.slot], 0.6, 0.8);
  for (const auto& entry : bench.ws->plan().state) {
    const bool variance = entry.name.find("variance") != std::string::npos, count = entry.name.find("batches") != std::string::npos;
    const bool constant = entry.name.find("gamma") != std::string::npos || entry.name.find("beta") != std::string::npos;
    if (constant) continue;
    fill_normal(stream, k++, (*bench.ws)[entry.slot], 0.5, 0.2);
    for (Index i = 0; i < entry.slot.shape.size(); ++i) {
      double& value = (*bench.ws)[entry.slot][i];
      if (variance) value = 0.5 + value * value;
      if (count) value = 2;
    }
  }
}

// The largest |analytic - numeric| over the entries of one gradient, relative to the largest |numeric|. NaN if any is.
// An entry that disagrees is tried again with a smaller step: the first may have straddled a kink of a ReLU.
inline double gradient_error(const std::function<double()>& loss, double* at, const double* analytic, Index count, double floor = 1e-3) {
  auto difference = [&](Index i, double h) {
    const double before = at[i];
    at[i] = before + h;
    const double up = loss();
    at[i] = before - h;
    const double down = loss();
    at[i] = before;
    return (up - down) / (2 * h);
  };
  double worst = 0, largest = floor;
  for (Index i = 0; i < count; ++i) {
    const double h = 2e-6 * std::max(1.0, std::abs(at[i]));
    double numeric = difference(i, h), error = std::abs(numeric - analytic[i]);
    if (error > 1e-7 * std::max(floor, std::abs(numeric))) {
      numeric = difference(i, h / 16);
      error = std::min(error, std::abs(numeric - analytic[i]));
    }
    if (std::isnan(error) || std::isnan(analytic[i])) return std::nan("");
    worst = std::max(worst, error);
    largest = std::max(largest, std::abs(numeric));
  }
  return worst / largest;
}

// dx and all parameter gradients of <dy, layer(x)> against central differences, the state put back before each pass.
// Returns the worst relative error and says where in `where`.
inline double check_layer(Bench<double>& bench, Mode mode, std::string& where) {
  Workspace<double>& ws = *bench.ws;
  const std::vector<double> state(ws.state().data, ws.state().data + ws.state().size());
  auto reset = [&] { std::copy(state.begin(), state.end(), ws.state().data); };
  const View<double> dy = ws[bench.dy];
  const std::vector<double> upstream(dy.data, dy.data + dy.size());
  auto loss = [&] {
    reset();
    bench.forward(mode);
    double sum = 0;
    for (Index i = 0; i < ws[bench.y].size(); ++i) sum += ws[bench.y][i] * upstream[static_cast<size_t>(i)];
    return sum;
  };
  loss();
  std::fill_n(ws[bench.dx].data, ws[bench.dx].size(), std::nan(""));
  for (const auto& entry : ws.plan().parameters) std::fill_n(ws.gradient(entry.slot), entry.slot.shape.size(), std::nan(""));
  bench.backward(mode);
  double worst = 0;
  auto take = [&](const std::string& name, double error) {
    if (!(error <= worst)) worst = error, where = name;
  };
  std::vector<std::vector<double>> gradients;
  for (const auto& entry : ws.plan().parameters) gradients.emplace_back(ws.gradient(entry.slot), ws.gradient(entry.slot) + entry.slot.shape.size());
  const std::vector<double> dx(ws[bench.dx].data, ws[bench.dx].data + ws[bench.dx].size());
  take("dx", gradient_error(loss, ws[bench.x].data, dx.data(), ws[bench.x].size()));
  for (size_t k = 0; k < gradients.size(); ++k) {
    const auto& entry = ws.plan().parameters[k];
    take("d" + entry.name, gradient_error(loss, ws[entry.slot].data, gradients[k].data(), entry.slot.shape.size()));
  }
  reset();
  return worst;
}

}  // namespace bnlab::testing
