// The recurrent network beside a naive one: loops over samples, steps and units, nothing planned.
#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <map>

#include "core/error.h"
#include "model/model.h"

using namespace bnlab;

namespace {

using Matrix = std::vector<std::vector<double>>;  // of samples

constexpr Index n = 5, steps = 4, row = 3, width = 6, classes = 2;
const Shape input{n, steps, row, 1};

ModelConfig config_of(const std::string& more) {
  ModelConfig config;
  read_fields(Document::parse(R"({"name": "recurrent", "width": 6)" + more + "}", "test"), [&](Fields& f) { config.describe(f); });
  return config;
}

struct Rig {
  Network<double> network;
  Workspace<double> ws;
  Pool pool{1};
  std::vector<double> x;
  explicit Rig(const std::string& more) : network(build_network<double>(config_of(more), input, classes)), ws(network.plan()), x(static_cast<size_t>(input.size())) {
    network.initialize(ws, 3);
    Stream(1, "x").fill_normal(0, x.data(), x.size());
    for (const auto& [name, slot, role] : ws.plan().parameters) {
      const Stream stream(4, name);
      for (Index i = 0; i < slot.shape.size(); ++i) ws[slot][i] += 0.3 * stream.normal(0, static_cast<uint64_t>(i));
    }
    ws.poison();
  }
  const NamedSlot* find(const std::vector<NamedSlot>& entries, const std::string& name) const {
    for (const NamedSlot& entry : entries) {
      if (entry.name == name) return &entry;
    }
    return nullptr;
  }
  View<double> parameter(const std::string& name) const { return ws[find(ws.plan().parameters, name)->slot]; }
  View<double> state(const std::string& name) const { return ws[find(ws.plan().state, name)->slot]; }
  const double* gradient(const std::string& name) const { return ws.gradient(find(ws.plan().parameters, name)->slot); }
  View<double> forward(Mode mode) { return network.forward({ws, pool, mode}, {x.data(), input}); }
  double at(Index sample, Index step, Index entry) const { return x[static_cast<size_t>((sample * steps + step) * row + entry)]; }
};

// y[i] = W v[i], W rows x v's columns
Matrix times(View<double> w, Index rows, const Matrix& v) {
  Matrix out(v.size(), std::vector<double>(static_cast<size_t>(rows), 0));
  for (size_t i = 0; i < v.size(); ++i) {
    for (size_t o = 0; o < out[i].size(); ++o) {
      for (size_t k = 0; k < v[i].size(); ++k) out[i][o] += w[static_cast<Index>(o * v[i].size() + k)] * v[i][k];
    }
  }
  return out;
}

struct Moments {
  std::vector<double> mean, variance;  // biased
};
Moments moments_of(const Matrix& v) {
  Moments out{std::vector<double>(v[0].size(), 0), std::vector<double>(v[0].size(), 0)};
  const auto m = static_cast<double>(v.size());
  for (const auto& sample : v) {
    for (size_t c = 0; c < sample.size(); ++c) out.mean[c] += sample[c] / m;
  }
  for (const auto& sample : v) {
    for (size_t c = 0; c < sample.size(); ++c) out.variance[c] += (sample[c] - out.mean[c]) * (sample[c] - out.mean[c]) / m;
  }
  return out;
}

// As a user of a framework writes it who puts one norm, or one for each step, into the loop over the steps.
struct Naive {
  const Rig& rig;
  bool input_norms, hidden_norms;
  std::function<Moments(const std::string& site, Index step, const Matrix&)> statistics;

  Matrix normalized(const Matrix& v, const std::string& site, Index step) const {
    const Moments s = statistics(site, step, v);
    const View<double> gamma = rig.parameter("hidden/" + site + "/gamma"), beta = rig.parameter("hidden/" + site + "/beta");
    Matrix out = v;
    for (auto& sample : out) {
      for (size_t c = 0; c < sample.size(); ++c) {
        sample[c] = gamma[static_cast<Index>(c)] * (sample[c] - s.mean[c]) / std::sqrt(s.variance[c] + 1e-5) + beta[static_cast<Index>(c)];
      }
    }
    return out;
  }

  std::vector<Matrix> states() const {
    Matrix h;
    std::vector<Matrix> out;
    for (Index t = 0; t < steps; ++t) {
      Matrix read(n, std::vector<double>(row));
      for (Index i = 0; i < n; ++i) {
        for (Index k = 0; k < row; ++k) read[static_cast<size_t>(i)][static_cast<size_t>(k)] = rig.at(i, t, k);
      }
      Matrix a = times(rig.parameter("input/linear/weight"), width, read);
      if (const NamedSlot* bias = rig.find(rig.ws.plan().parameters, "input/linear/bias")) {
        for (auto& sample : a) {
          for (size_t c = 0; c < sample.size(); ++c) sample[c] += rig.ws[bias->slot][static_cast<Index>(c)];
        }
      }
      if (input_norms) a = normalized(a, "input_to_hidden", t + 1);
      if (t > 0) {
        Matrix past = times(rig.parameter("hidden/linear/weight"), width, h);
        if (hidden_norms) past = normalized(past, "hidden_to_hidden", t + 1);
        for (size_t i = 0; i < a.size(); ++i) {
          for (size_t c = 0; c < a[i].size(); ++c) a[i][c] += past[i][c];
        }
      }
      for (auto& sample : a) {
        for (double& value : sample) value = std::tanh(value);
      }
      out.push_back(h = a);
    }
    return out;
  }

  Matrix outputs(const Matrix& last) const {
    Matrix y = times(rig.parameter("output/linear/weight"), classes, last);
    for (auto& sample : y) {
      for (size_t c = 0; c < sample.size(); ++c) sample[c] += rig.parameter("output/linear/bias")[static_cast<Index>(c)];
    }
    return y;
  }
};

void require_same(View<double> got, const Matrix& expected) {
  for (size_t i = 0; i < expected.size(); ++i) {
    for (size_t c = 0; c < expected[i].size(); ++c) REQUIRE(std::abs(got.at(static_cast<Index>(i), static_cast<Index>(c)) - expected[i][c]) <= 1e-12);
  }
}

Moments of_batch(const std::string&, Index, const Matrix& v) { return moments_of(v); }

}  // namespace

TEST_CASE("recurrent: forward and back through time as naive loops have them", "[model][recurrent]") {
  Rig rig("");
  const Naive naive{rig, false, false, of_batch};
  const auto states = naive.states();
  require_same(rig.forward(Mode::train), naive.outputs(states.back()));

  // dL/dy = g; dL/dh_T = V^T g, dL/da_t = (1 - h_t^2) dL/dh_t, dL/dh_(t-1) = W_h^T dL/da_t
  const View<double> g = rig.network.top(rig.ws, n), v = rig.parameter("output/linear/weight"), w = rig.parameter("hidden/linear/weight");
  Stream(2, "g").fill_normal(0, g.data, static_cast<size_t>(g.size()));
  const std::vector<double> up(g.data, g.data + g.size());
  rig.network.backward({rig.ws, rig.pool}, {rig.x.data(), input});
  std::vector<double> dw(width * width, 0), du(width * row, 0), db(width, 0);
  for (Index i = 0; i < n; ++i) {
    std::vector<double> dh(width, 0);
    for (Index k = 0; k < width; ++k) {
      for (Index o = 0; o < classes; ++o) dh[static_cast<size_t>(k)] += v[o * width + k] * up[static_cast<size_t>(i * classes + o)];
    }
    for (Index t = steps - 1; t >= 0; --t) {
      const auto& h = states[static_cast<size_t>(t)][static_cast<size_t>(i)];
      std::vector<double> da(width), before(width, 0);
      for (size_t c = 0; c < width; ++c) da[c] = (1 - h[c] * h[c]) * dh[c];
      for (Index c = 0; c < width; ++c) {
        db[static_cast<size_t>(c)] += da[static_cast<size_t>(c)];
        for (Index k = 0; k < row; ++k) du[static_cast<size_t>(c * row + k)] += da[static_cast<size_t>(c)] * rig.at(i, t, k);
        for (Index k = 0; k < width && t > 0; ++k) {
          dw[static_cast<size_t>(c * width + k)] += da[static_cast<size_t>(c)] * states[static_cast<size_t>(t - 1)][static_cast<size_t>(i)][static_cast<size_t>(k)];
          before[static_cast<size_t>(k)] += w[c * width + k] * da[static_cast<size_t>(c)];
        }
      }
      dh = before;
    }
  }
  const std::map<std::string, const std::vector<double>*> all{{"hidden/linear/weight", &dw}, {"input/linear/weight", &du}, {"input/linear/bias", &db}};
  for (const auto& [name, expected] : all) {
    for (size_t k = 0; k < expected->size(); ++k) {
      INFO(name << " " << k);
      REQUIRE(std::abs(rig.gradient(name)[k] - (*expected)[k]) <= 1e-11);
    }
  }
}

TEST_CASE("recurrent: each step is normalized by its own batch, running statistics are its own or shared", "[model][recurrent]") {
  const bool shared = GENERATE(false, true);
  Rig rig(std::string(R"(, "norm": "batch_norm", "statistics": ")") + (shared ? "shared\"" : "per_step\""));
  std::map<std::string, Moments> running;
  const auto name_of = [&](const std::string& site, Index step) { return (shared ? "hidden" : "step" + std::to_string(step)) + "/" + site; };
  // momentum 0.1, unbiased variances, steps in their order: a shared average moves at every step
  const Naive training{rig, true, true, [&](const std::string& site, Index step, const Matrix& v) {
    const Moments now = moments_of(v);
    auto [at, fresh] = running.try_emplace(name_of(site, step), Moments{std::vector<double>(width, 0), std::vector<double>(width, 1)});
    for (size_t c = 0; c < width; ++c) {
      at->second.mean[c] = 0.9 * at->second.mean[c] + 0.1 * now.mean[c];
      at->second.variance[c] = 0.9 * at->second.variance[c] + 0.1 * now.variance[c] * n / (n - 1.0);
    }
    return now;
  }};
  const auto states = training.states();
  require_same(rig.forward(Mode::train), training.outputs(states.back()));
  REQUIRE(running.size() == (shared ? 2 : 2 * steps - 1));
  REQUIRE(rig.ws.plan().state.size() == 3 * running.size());
  for (const auto& [name, expected] : running) {
    for (size_t c = 0; c < width; ++c) {
      INFO(name << " " << c);
      REQUIRE(std::abs(rig.state(name + "/running_mean")[static_cast<Index>(c)] - expected.mean[c]) <= 1e-13);
      REQUIRE(std::abs(rig.state(name + "/running_variance")[static_cast<Index>(c)] - expected.variance[c]) <= 1e-13);
    }
  }
  const Naive inference{rig, true, true, [&](const std::string& site, Index step, const Matrix&) { return running.at(name_of(site, step)); }};
  require_same(rig.forward(Mode::evaluate), inference.outputs(inference.states().back()));
  const Naive batch{rig, true, true, of_batch};
  require_same(rig.forward(Mode::batch_statistics), batch.outputs(batch.states().back()));
}

TEST_CASE("recurrent: recalibration averages over batches, and over steps where they share", "[model][recurrent]") {
  const bool shared = GENERATE(false, true);
  Rig rig(std::string(R"(, "norm": "batch_norm", "placement": "hidden_to_hidden", "statistics": ")") + (shared ? "shared\"" : "per_step\""));
  Moments sum{std::vector<double>(width, 0), std::vector<double>(width, 0)};
  const Naive naive{rig, false, true, [&](const std::string&, Index step, const Matrix& v) {
    const Moments now = moments_of(v);
    for (size_t c = 0; c < width && (shared || step == 3); ++c) sum.mean[c] += now.mean[c] / (shared ? steps - 1 : 1);
    return now;
  }};
  naive.states();
  rig.network.begin_calibration(rig.ws);
  rig.forward(Mode::calibrate);
  rig.forward(Mode::calibrate);  // the same batch: the same average
  for (size_t c = 0; c < width; ++c) REQUIRE(std::abs(rig.state(shared ? "hidden/hidden_to_hidden/running_mean" : "step3/hidden_to_hidden/running_mean")[static_cast<Index>(c)] - sum.mean[c]) <= 1e-13);
}

TEST_CASE("recurrent: the site `sequence` has statistics over batch and steps together", "[model][recurrent]") {
  Rig rig(R"(, "norm": "batch_norm", "placement": "sequence")");
  rig.forward(Mode::train);
  const auto& nodes = rig.network.nodes();
  REQUIRE(nodes[1].name == "input/sequence");
  const View<double> y = rig.network.output_of(rig.ws, 0, n);
  REQUIRE(y.rows() == n * steps);
  double mean = 0;
  for (Index r = 0; r < y.rows(); ++r) mean += y.at(r, 2) / static_cast<double>(y.rows());
  REQUIRE(rig.state("input/sequence/running_mean")[2] == Approx(0.1 * mean));
}

TEST_CASE("recurrent: what the steps share and what they do not", "[model][recurrent]") {
  const auto names = [](const std::string& more, bool state) {
    const auto network = build_network<float>(config_of(more), input, classes);
    std::vector<std::string> out;
    for (const auto& entry : state ? network.plan().state : network.plan().parameters) out.push_back(entry.name);
    return out;
  };
  using Names = std::vector<std::string>;
  CHECK(names("", false) == Names{"input/linear/weight", "input/linear/bias", "hidden/linear/weight", "output/linear/weight", "output/linear/bias"});
  CHECK(names("", true).empty());
  // a norm that cancels the bias of every step leaves it out
  CHECK(names(R"(, "norm": "batch_norm", "placement": "input_to_hidden")", false) ==
        Names{"input/linear/weight", "hidden/input_to_hidden/gamma", "hidden/input_to_hidden/beta", "hidden/linear/weight", "output/linear/weight", "output/linear/bias"});
  CHECK(names(R"(, "norm": "batch_norm", "placement": ["step2/input_to_hidden"])", false).at(1) == "input/linear/bias");
  CHECK(names(R"(, "norm": "batch_norm", "placement": ["step2/input_to_hidden"])", true) ==
        Names{"step2/input_to_hidden/running_mean", "step2/input_to_hidden/running_variance", "step2/input_to_hidden/batches"});
  CHECK(names(R"(, "norm": "layer_norm", "placement": "before_activation")", false).size() == 7);
  Index parameters = build_network<float>(config_of(R"(, "norm": "batch_norm")"), input, classes).parameters();
  CHECK(parameters == width * row + width * width + 4 * width + classes * width + classes);
  // the start of gamma, and of a weight that every step initializes to the same
  Rig rig(R"(, "norm": "batch_norm", "initial_gamma": 0.1)");
  rig.network.initialize(rig.ws, 3);
  CHECK(rig.parameter("hidden/hidden_to_hidden/gamma")[3] == 0.1);
  Rig plain("");
  plain.network.initialize(plain.ws, 3);
  for (Index i = 0; i < width * width; ++i) REQUIRE(rig.parameter("hidden/linear/weight")[i] == plain.parameter("hidden/linear/weight")[i]);
}

TEST_CASE("recurrent: what it cannot do is said", "[model][recurrent]") {
  CHECK_THROWS_WITH(build_network<float>(config_of(""), {4, 1, 1, 12}, classes), Catch::Contains("reads images row by row") && Catch::Contains("12 numbers"));
  CHECK_THROWS_WITH(build_network<float>(config_of(R"(, "norm": {"name": "batch_norm", "affine": false}, "initial_gamma": 0.1)"), input, classes), Catch::Contains("learns none"));
  CHECK_THROWS_WITH(build_network<float>(config_of(R"(, "norm": "batch_norm", "placement": "skip")"), input, classes), Catch::Contains("it offers: sequence, input_to_hidden, hidden_to_hidden"));
  CHECK_THROWS_WITH(build_network<float>(config_of(R"(, "scaling": "skip_init")"), input, classes), Catch::Contains("no residual blocks"));
}

TEST_CASE("recurrent: the same bytes with any number of threads, in pieces, and with less kept", "[model][recurrent]") {
  for (const char* more : {"", R"(, "norm": "batch_norm", "activation": "relu")", R"(, "norm": "noisy_batch_norm", "placement": ["sequence", "before_activation"], "weights": "weight_norm", "dropout": 0.3)"}) {
    const Shape large{40, 9, 8, 1};
    std::vector<float> x(static_cast<size_t>(large.size()));
    Stream(1, "x").fill_normal(0, x.data(), x.size());
    const auto gradients = [&](Keep keep, int threads, bool pieces) {
      const auto network = build_network<float>(config_of(more), large, classes, keep);
      Workspace<float> ws(network.plan());
      network.initialize(ws, 3);
      ws.poison();
      Pool pool(threads);
      const Pass<float> pass{ws, pool};
      const View<float> out = network.forward(pass, {x.data(), large}), top = network.top(ws, large.n);
      for (Index i = 0; i < top.size(); ++i) top[i] = out[i] - static_cast<float>(i % 3);
      if (!pieces) network.backward(pass, {x.data(), large});
      for (int i = static_cast<int>(network.nodes().size()) - 1; pieces && i >= 0; --i) network.backward(pass, {x.data(), large}, i, i + 1);
      std::vector<float> all;
      for (const auto& entry : ws.plan().parameters) all.insert(all.end(), ws.gradient(entry.slot), ws.gradient(entry.slot) + entry.slot.shape.size());
      return all;
    };
    const auto expected = gradients(Keep::all, 1, false);
    INFO(more);
    REQUIRE(std::all_of(expected.begin(), expected.end(), [](float g) { return std::isfinite(g); }));
    CHECK(gradients(Keep::all, 3, false) == expected);
    CHECK(gradients(Keep::all, 1, true) == expected);
    CHECK(gradients(Keep::needed, 2, false) == expected);
  }
}
