// The gradient_noise probe against a slow twin, against the covariance of single samples, and where there is no noise.
#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

double value(const std::vector<ReadRow>& rows, int64_t step, const std::string& mode, const std::string& metric) {
  for (const ReadRow& row : rows) {
    if (row.step == step && row.mode == mode && row.metric == metric) return row.value;
  }
  FAIL("no row " << step << " " << mode << " " << metric);
  return 0;
}

double product(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Gradient of the run's parameters on a batch, by a pass of its own.
std::vector<double> gradient(Watched& w, const Workspace<double>& from, const Batch<double>& batch, Mode mode, int64_t step) {
  Replica<double> replica(w.config.model, w.data, batch.n(), true, 0, w.pool, Keep::all);
  replica.copy(from);
  w.trainer.loss()(replica.forward(mode, batch.x, step), batch, replica.network().top(replica.ws(), batch.n()));
  replica.backward(mode, batch.x, step);
  std::vector<double> out;
  for (const auto& entry : replica.network().plan().parameters) {
    const double* g = replica.ws().gradient(entry.slot);
    out.insert(out.end(), g, g + entry.slot.shape.size());
  }
  return out;
}

const std::string small = R"("widths": [6, 5], "activation": "relu", "placement": "before_activation")";
const std::string twelve = R"({"steps": 12, "batch_size": 20, "learning_rate": 0.3})";

}  // namespace

TEST_CASE("gradient_noise equals a slow twin", "[probe][noise]") {
  const std::string norm = GENERATE("batch_norm", "noisy_batch_norm", "identity");
  const std::string net = small + R"(, "dropout": 0.2)";
  Watched fast(R"({"gradient_noise": {"every": 0, "batches": 5, "bn_modes": ["batch", "running"]}})", norm, net), slow("{}", norm, net);
  const auto rows = fast.run("gradient_noise");
  Observer<double> nobody;
  slow.trainer.run(nobody, slow.never);
  for (const bool running : {false, true}) {
    std::vector<std::vector<double>> g;
    Batches<double> batches(slow.data, slow.data.train, 20, 0);
    for (int k = 0; k < 5; ++k) {
      const Batch<double> batch = batches.sample(Stream(0, "probe/gradient_noise/" + std::to_string(k)), 20);
      g.push_back(gradient(slow, slow.trainer.workspace(), batch, running ? Mode::evaluate : Mode::train, 12 + k));
    }
    std::vector<double> mean(g[0].size(), 0);
    double variance = 0, cosine = 0;
    for (const auto& each : g) {
      for (size_t i = 0; i < mean.size(); ++i) mean[i] += each[i] / 5;
    }
    for (size_t k = 0; k < 5; ++k) {
      for (size_t i = 0; i < mean.size(); ++i) variance += std::pow(g[k][i] - mean[i], 2) / 4;
      for (size_t l = 0; l < k; ++l) cosine += product(g[k], g[l]) / std::sqrt(product(g[k], g[k]) * product(g[l], g[l])) / 10;
    }
    const double signal = product(mean, mean) - variance / 5;
    const std::string mode = running ? "running" : "batch";
    INFO(norm << " " << mode);
    CHECK(value(rows, 12, mode, "noise_variance") == Approx(variance).epsilon(1e-9));
    CHECK(value(rows, 12, mode, "signal") == Approx(signal).epsilon(1e-9).margin(1e-12));
    CHECK(value(rows, 12, mode, "gradient_cosine") == Approx(cosine).epsilon(1e-9));
    if (signal > 0) CHECK(value(rows, 12, mode, "noise_scale") == Approx(20 * variance / signal).epsilon(1e-6));
  }
}

TEST_CASE("gradient_noise: batches of the whole set have no noise", "[probe][noise]") {
  Watched watched(R"({"gradient_noise": {"every": 0}})", "batch_norm", small, R"({"steps": 3, "batch_size": 60, "learning_rate": 0.3})", R"({"name": "gaussian_mixture", "features": 12, "classes": 3, "samples": 60})");
  const auto rows = watched.run("gradient_noise");
  for (const int64_t step : {0, 3}) {
    CHECK(value(rows, step, "batch", "noise_variance") <= 1e-25);
    CHECK(value(rows, step, "batch", "noise_scale") <= 1e-20);
    CHECK(value(rows, step, "batch", "signal") > 1e-6);
    CHECK(value(rows, step, "batch", "gradient_cosine") == Approx(1).epsilon(1e-12));
  }
}

// Without norms the batch's gradient is the mean of its samples', drawn without replacement:
// tr Cov(g_B) = tr(Sigma) (N - B) / (N B), Sigma the unbiased covariance of the N samples' gradients.
TEST_CASE("gradient_noise: where samples have gradients of their own, it is their covariance over the batch size", "[probe][noise]") {
  const std::string data = R"({"name": "gaussian_mixture", "features": 6, "classes": 3, "samples": 80})";
  Watched watched(R"({"gradient_noise": {"every": 0, "batches": 1500}})", "identity", small, R"({"steps": 1, "batch_size": 8, "learning_rate": 0.1})", data);
  Batches<double> batches(watched.data, watched.data.train, 1, 0);
  std::vector<std::vector<double>> g;
  for (Index i = 0; i < 80; ++i) g.push_back(gradient(watched, watched.trainer.workspace(), batches.range(i, 1), Mode::train, 0));
  std::vector<double> mean(g[0].size(), 0);
  for (const auto& each : g) {
    for (size_t i = 0; i < mean.size(); ++i) mean[i] += each[i] / 80;
  }
  double trace = 0;
  for (const auto& each : g) {
    for (size_t i = 0; i < mean.size(); ++i) trace += std::pow(each[i] - mean[i], 2) / 79;
  }
  const auto rows = watched.run("gradient_noise");
  const double expected = trace * (80 - 8) / (80 * 8);
  CHECK(value(rows, 0, "batch", "noise_variance") == Approx(expected).epsilon(0.05));
  CHECK(value(rows, 0, "batch", "signal") == Approx(product(mean, mean)).epsilon(0.05));
  CHECK(value(rows, 0, "batch", "noise_scale") == Approx(8 * expected / product(mean, mean)).epsilon(0.1));
}

TEST_CASE("gradient_noise: gradients that are 0 have a reason instead of a cosine", "[probe][noise]") {
  // all weights 0 and no bias: nothing comes through, forward or backward
  Watched watched(R"({"gradient_noise": {"every": 0}})", "identity", R"("widths": [4], "initializer": "zeros", "bias": "never")");
  const auto rows = watched.run("gradient_noise");
  CHECK(value(rows, 0, "batch", "noise_variance") == 0);
  for (const ReadRow& row : rows) {
    if (row.step == 0 && (row.metric == "noise_scale" || row.metric == "gradient_cosine")) CHECK(!row.note.empty());
  }
}
