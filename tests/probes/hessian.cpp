// The Hessian probe against the whole matrix: its columns, and second differences of the loss that know nothing of them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "probes/lanczos.h"
#include "probes/loss_oracle.h"
#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

using Values = Vector<double>;
using Matrix = std::vector<Values>;

const std::string tiny = R"("widths": [3], "activation": "tanh", "placement": "before_activation")";
const std::string tiny_data = R"({"name": "gaussian_mixture", "features": 4, "classes": 3, "samples": 300})";
const std::string training = R"({"steps": 12, "batch_size": 20, "learning_rate": 0.3})";

// A run with the probe, and an oracle at its last state on the probe's own batch.
struct Looked {
  Watched run;
  std::vector<ReadRow> rows;
  LossOracle<double> oracle;
  std::vector<size_t> entries;  // of the parameter vector, without gaps
  Looked(const std::string& options, const std::string& norm, const std::string& net = tiny)
      : run(R"({"hessian": {"every": 0, "samples": 64)" + options + "}}", norm, net, training, tiny_data),
        rows(run.run("hessian")),
        oracle(Surroundings<double>{run.config.model, run.config.train, run.data, run.trainer.loss(), 0, run.pool}, choice(), Keep::all, "hessian") {
    oracle.move_to(run.trainer.workspace(), 12);
    for (const auto& entry : oracle.plan().parameters) {
      for (Index i = 0; i < entry.slot.shape.size(); ++i) entries.push_back(static_cast<size_t>(entry.slot.offset + i));
    }
  }
  static LossChoice choice() {
    LossChoice out;
    out.source = "probe", out.samples = 64;
    return out;
  }
  double value(const std::string& metric, const std::string& mode, double at = std::nan(""), const std::string& layer = "") const {
    for (const auto& row : rows) {
      if (row.step == 12 && row.metric == metric && row.mode == mode && row.layer == layer && (std::isnan(at) ? std::isnan(row.at) : row.at == at)) return row.value;
    }
    FAIL("no row " << metric << " " << mode << " " << at << " " << layer);
    return 0;
  }
  std::vector<double> curve(const std::string& metric) const {
    std::vector<double> out;
    for (const auto& row : rows) {
      if (row.step == 12 && row.metric == metric) out.push_back(row.value);
    }
    return out;
  }
  Matrix columns() {
    Matrix h;
    for (const size_t j : entries) {
      Values v(oracle.point().size(), 0), hv;
      v[j] = 1;
      oracle.hessian_times(v, hv);
      h.emplace_back();
      for (const size_t i : entries) h.back().push_back(hv[i]);
    }
    return h;
  }
};

// Jacobi's rotations: slow, and as plain as an eigenproblem gets. Ascending; vectors[k] belongs to values[k].
struct Eigen {
  Values values;
  Matrix vectors;
  explicit Eigen(Matrix a) {
    const size_t n = a.size();
    Matrix q(n, Values(n, 0));
    for (size_t i = 0; i < n; ++i) q[i][i] = 1;
    for (int sweep = 0; sweep < 60; ++sweep) {
      for (size_t p = 0; p < n; ++p) {
        for (size_t r = p + 1; r < n; ++r) {
          const double off = (a[p][r] + a[r][p]) / 2;
          if (off == 0) continue;
          const double angle = 0.5 * std::atan2(2 * off, a[r][r] - a[p][p]), c = std::cos(angle), s = std::sin(angle);
          for (size_t k = 0; k < n; ++k) std::tie(a[k][p], a[k][r]) = std::pair{c * a[k][p] - s * a[k][r], s * a[k][p] + c * a[k][r]};
          for (size_t k = 0; k < n; ++k) std::tie(a[p][k], a[r][k]) = std::pair{c * a[p][k] - s * a[r][k], s * a[p][k] + c * a[r][k]};
          for (size_t k = 0; k < n; ++k) std::tie(q[p][k], q[r][k]) = std::pair{c * q[p][k] - s * q[r][k], s * q[p][k] + c * q[r][k]};
        }
      }
    }
    std::vector<std::pair<double, Values>> pairs;
    for (size_t i = 0; i < n; ++i) pairs.emplace_back(a[i][i], q[i]);
    std::sort(pairs.begin(), pairs.end());
    for (auto& [value, vector] : pairs) values.push_back(value), vectors.push_back(vector);
  }
};

}  // namespace

TEST_CASE("hessian: columns are second differences of the loss", "[probe][hessian]") {
  for (const std::string norm : {"batch_norm", "layer_norm", "identity"}) {
    Looked at("", norm);
    for (const std::string mode : {"batch", "frozen", "running"}) {
      at.oracle.use(mode);
      const Matrix h = at.columns();
      double largest = 0;
      for (const auto& column : h) {
        for (const double entry : column) largest = std::max(largest, std::abs(entry));
      }
      REQUIRE(largest > 0);
      auto loss = [&](size_t i, double di, size_t j, double dj) {
        Values p = at.oracle.point();
        p[at.entries[i]] += di, p[at.entries[j]] += dj;
        return at.oracle.loss(p);
      };
      const double d = 2e-4;
      for (size_t i = 0; i < h.size(); ++i) {
        for (size_t j = 0; j <= i; ++j) {
          const double second = (loss(i, d, j, d) - loss(i, d, j, -d) - loss(i, -d, j, d) + loss(i, -d, j, -d)) / (4 * d * d);
          INFO(norm << " " << mode << " " << i << " " << j);
          REQUIRE(std::abs(h[j][i] - second) <= 1e-5 * largest);
        }
      }
    }
  }
}

TEST_CASE("hessian: eigenvalues, trace and gradient energy are those of the whole matrix", "[probe][hessian]") {
  const std::string relu = R"("widths": [3], "activation": "relu", "placement": "before_activation")";
  for (const std::string norm : {"batch_norm", "identity"}) {
    for (const auto& net : {tiny, relu}) {
      Looked at(R"(, "bn_modes": ["batch", "frozen", "running"], "top": 3, "iterations": 60, "tolerance": 1e-10, "trace_samples": 150)", norm, net);
      for (const std::string mode : {"batch", "frozen", "running"}) {
        at.oracle.use(mode);
        const Matrix h = at.columns();
        const Eigen exact(h);
        const size_t n = h.size();
        const double scale = exact.values.back();
        INFO(norm << " " << mode << " " << net);
        Values g;
        at.oracle.gradient(at.oracle.point(), g);
        double energy = 0, trace = 0;
        for (size_t k = 1; k <= 3; ++k) {
          CHECK(at.value("eigenvalue", mode, static_cast<double>(k)) == Approx(exact.values[n - k]).margin(1e-7 * scale));
          CHECK(at.value("residual", mode, static_cast<double>(k)) <= 1e-6);
          double along = 0;
          for (size_t i = 0; i < n; ++i) along += exact.vectors[n - k][i] * g[at.entries[i]];
          energy += along * along;
        }
        for (size_t i = 0; i < n; ++i) trace += h[i][i];
        CHECK(at.value("eigenvalue_bottom", mode) == Approx(exact.values[0]).margin(1e-7 * scale));
        CHECK(at.value("gradient_energy_top", mode) == Approx(energy / dot(g, g)).margin(1e-6));
        for (size_t k = 1; k <= 3; ++k) CHECK(at.value("eta_lambda", mode, static_cast<double>(k)) == Approx(0.3 * exact.values[n - k]).margin(1e-7 * scale));
        CHECK(at.value("trace", mode) == Approx(trace).margin(1e-6 * scale));
        CHECK(at.value("iterations", mode) <= static_cast<double>(n));
      }
    }
  }
}

TEST_CASE("hessian: the density has the moments of its random vectors, and near those of the whole matrix", "[probe][hessian]") {
  Looked at(R"(, "density": 200, "density_iterations": 8)", "batch_norm");
  at.oracle.use("batch");
  const std::vector<double> nodes = at.curve("density_node"), weights = at.curve("density_weight");
  const Matrix h = at.columns();
  const auto n = static_cast<double>(h.size());
  double moments[3] = {}, drawn[3] = {}, exact[3] = {n, 0, 0};
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (int k = 0; k < 3; ++k) moments[k] += weights[i] * std::pow(nodes[i], k);
  }
  for (size_t i = 0; i < h.size(); ++i) {
    exact[1] += h[i][i];
    for (size_t j = 0; j < h.size(); ++j) exact[2] += h[i][j] * h[i][j];
  }
  for (uint64_t k = 0; k < 200; ++k) {
    Values v(at.oracle.point().size(), 0), hv;
    for (const auto& entry : at.oracle.plan().parameters) {
      double* to = v.data() + entry.slot.offset;
      Stream(0, "probe/hessian/density/" + entry.name).fill_uniform(k, to, static_cast<size_t>(entry.slot.shape.size()));
      for (Index i = 0; i < entry.slot.shape.size(); ++i) to[i] = to[i] < 0.5 ? -1 : 1;
    }
    at.oracle.hessian_times(v, hv);
    drawn[0] += dot(v, v) / 200, drawn[1] += dot(v, hv) / 200, drawn[2] += dot(hv, hv) / 200;
  }
  for (int k = 0; k < 3; ++k) {
    INFO(k);
    CHECK(moments[k] == Approx(drawn[k] / n).epsilon(1e-7));
    CHECK(moments[k] == Approx(exact[k] / n).epsilon(0.1));
  }
}

TEST_CASE("hessian: blocks and relative steps are those of the whole matrix", "[probe][hessian]") {
  for (const std::string norm : {"batch_norm", "identity"}) {
    Looked at(R"(, "iterations": 60, "tolerance": 1e-10, "blocks": true, "sphere": true)", norm);
    at.oracle.use("batch");
    Matrix h = at.columns();
    size_t begin = 0;
    std::vector<double> lengths;
    for (const auto& entry : at.oracle.plan().parameters) {
      const auto count = static_cast<size_t>(entry.slot.shape.size());
      Matrix block;
      double squares = 0;
      for (size_t i = begin; i < begin + count; ++i) {
        block.emplace_back(h[i].begin() + static_cast<std::ptrdiff_t>(begin), h[i].begin() + static_cast<std::ptrdiff_t>(begin + count));
        squares += std::pow(at.oracle.point()[at.entries[i]], 2);
      }
      lengths.insert(lengths.end(), count, std::sqrt(squares));
      begin += count;
      if (entry.role != Role::weight) continue;
      const std::string layer = entry.name.substr(0, entry.name.rfind('/'));
      const Values own = Eigen(block).values;
      auto is = [&](const char* metric, double expected) {
        INFO(norm << " " << entry.name << " " << metric);
        CHECK(at.value(metric, "batch", std::nan(""), layer) == Approx(expected).epsilon(1e-6).margin(1e-8 * own.back()));
      };
      is("block_eigenvalue", own.back());
      is("block_eigenvalue_bottom", own.front());
      is("block_eta_lambda", 0.3 * own.back());
      is("sphere_block_eigenvalue", squares * own.back());
      CHECK(at.value("block_residual", "batch", std::nan(""), layer) <= 1e-6);
      CHECK(at.value("block_iterations", "batch", std::nan(""), layer) <= static_cast<double>(count));
    }
    for (size_t i = 0; i < h.size(); ++i) {
      for (size_t j = 0; j < h.size(); ++j) h[i][j] *= lengths[i] * lengths[j];
    }
    CHECK(at.value("sphere_eigenvalue", "batch") == Approx(Eigen(h).values.back()).epsilon(1e-6));
    CHECK(at.value("sphere_residual", "batch") <= 1e-6);
    CHECK(at.value("sphere_iterations", "batch") <= static_cast<double>(h.size()));
  }
}

TEST_CASE("hessian: larger weights in front of a norm make the loss smoother, but not against relative steps", "[probe][hessian]") {
  std::map<std::string, double> found[2];
  for (const bool larger : {false, true}) {
    Watched run(R"({"hessian": {"every": 0, "iterations": 60, "tolerance": 1e-8, "blocks": true, "sphere": true}})", "batch_norm", R"("widths": [6, 5], "activation": "relu", "placement": "before_activation")");
    for (const auto& entry : run.trainer.workspace().plan().parameters) {
      const View<double> w = run.trainer.workspace()[entry.slot];
      if (larger && entry.name.starts_with("hidden") && entry.role == Role::weight) std::for_each(w.data, w.data + w.size(), [](double& x) { x *= 10; });
    }
    for (const auto& row : run.run("hessian")) {
      if (row.step == 0) found[larger][row.layer + " " + row.metric] = row.value;
    }
  }
  CHECK(found[1]["hidden1/linear block_eigenvalue"] == Approx(0.01 * found[0]["hidden1/linear block_eigenvalue"]).epsilon(1e-3));
  for (const std::string name : {"hidden1/linear sphere_block_eigenvalue", "hidden2/linear sphere_block_eigenvalue", " sphere_eigenvalue"}) {
    CHECK(found[0][name] > 0);
    CHECK(found[1][name] == Approx(found[0][name]).epsilon(1e-3));
  }
}

TEST_CASE("hessian: reasons where there is none", "[probe][hessian]") {
  Looked stopped(R"(, "bn_modes": ["batch", "frozen"], "trace_samples": 3, "density": 1, "blocks": true, "sphere": true)", "stop_gradient_batch_norm");
  std::map<std::string, int> reasons;
  for (const auto& row : stopped.rows) {
    INFO(text(row));
    const bool refused = row.note.find("stop_gradient_batch_norm") != std::string::npos;
    CHECK(refused == (row.mode == "batch"));
    CHECK((refused || row.note.empty()) == (refused || row.metric != "trace_standard_error"));
    if (refused) ++reasons[row.metric];
  }
  CHECK(reasons.size() == 20);  // each metric, as it would be with a number

  Watched broken(R"({"hessian": {"every": 0, "trace_samples": 6, "blocks": true}})");
  broken.trainer.workspace().parameters().data[0] = std::numeric_limits<double>::infinity();
  int rows = 0;
  for (const auto& row : broken.run("hessian")) {
    if (row.metric == "diverged") continue;
    ++rows;
    CHECK(row.note == "the loss or its gradient is no finite number");
  }
  CHECK(rows >= 7);
}

TEST_CASE("hessian: more eigenvalues than parameters", "[probe][hessian]") {
  Looked at(R"(, "top": 40)", "identity", R"("widths": [1], "activation": "tanh")");
  const auto n = static_cast<double>(at.entries.size());
  REQUIRE(n < 40);
  int numbers = 0;
  for (const auto& row : at.rows) {
    if (row.step == 12 && row.metric == "eigenvalue") numbers += row.note.empty();
  }
  CHECK(numbers == n);
  CHECK(at.value("gradient_energy_top", "batch") == Approx(1).epsilon(1e-6));
}
