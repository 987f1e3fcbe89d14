// How good products with the Hessian are where they are hard, and why kinks must be held.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "probes/lanczos.h"
#include "probes/loss_oracle.h"
#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

using Values = Vector<double>;

struct AtStart {
  Watched run;
  LossOracle<double> oracle;
  AtStart(const std::string& norm, const std::string& net, double scale = 1)
      : run("{}", norm, net), oracle(Surroundings<double>{run.config.model, run.config.train, run.data, run.trainer.loss(), 0, run.pool}, {}, Keep::all, "test") {
    for (const auto& entry : run.trainer.workspace().plan().parameters) {
      const View<double> w = run.trainer.workspace()[entry.slot];
      if (entry.role == Role::weight && entry.name.starts_with("hidden")) std::for_each(w.data, w.data + w.size(), [&](double& x) { x *= scale; });
    }
    oracle.move_to(run.trainer.workspace(), 0);
    oracle.take(run.trainer.batches().at(0));
  }
  // Over all tensors, or over the first one only.
  Values direction(bool one) const {
    Values v(oracle.point().size(), 0);
    for (const auto& entry : oracle.plan().parameters) {
      Stream(5, entry.name).fill_normal(0, v.data() + entry.slot.offset, static_cast<size_t>(entry.slot.shape.size()));
      if (one) break;
    }
    return v;
  }
  Values towards_top() {
    Values v = direction(false), hv;
    for (int i = 0; i < 15; ++i) {
      oracle.hessian_times(v, hv);
      const double length = bnlab::norm(hv);
      for (size_t k = 0; k < v.size(); ++k) v[k] = hv[k] / length;
    }
    return v;
  }
  // Richardson's extrapolation of three steps; of all series of steps, the one on which two neighbours agree best.
  Values reference(const Values& v) {
    Values best, last, a, b, c;
    double agreement = std::numeric_limits<double>::infinity();
    for (double step = 1e-2; step > 1e-6; step /= 2) {
      oracle.hessian_times(v, a, step), oracle.hessian_times(v, b, step / 2), oracle.hessian_times(v, c, step / 4);
      for (size_t i = 0; i < c.size(); ++i) c[i] = (16 * (4 * c[i] - b[i]) / 3 - (4 * b[i] - a[i]) / 3) / 15;
      if (!last.empty() && apart(c, last) < agreement) agreement = apart(c, last), best = c;
      last = c;
    }
    REQUIRE(agreement < 1e-10);
    return best;
  }
  static double apart(const Values& a, const Values& b) {
    double difference = 0;
    for (size_t i = 0; i < a.size(); ++i) difference += (a[i] - b[i]) * (a[i] - b[i]);
    return std::sqrt(difference / dot(b, b));
  }
};

const std::string deep_relu = R"("widths": [32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32], "activation": "relu", "placement": "before_activation")";
const std::string shallow = R"("widths": [8, 8], "activation": "tanh", "placement": "before_activation")";

}  // namespace

TEST_CASE("oracle: products with the Hessian are good to 1e-7 where they are hard", "[probe][oracle]") {
  struct Hard {
    const char* norm;
    std::string net;
    double scale;
  };
  const auto hard = GENERATE(Hard{"batch_norm", deep_relu, 1}, Hard{"batch_norm", R"("name": "deep_linear", "depth": 25)", 1}, Hard{"identity", R"("name": "residual_mlp", "blocks": 4, "scaling": "fixup")", 1},
                             Hard{"batch_norm", R"("name": "residual_mlp", "blocks": 4, "scaling": "zero_gamma", "placement": "branch_end")", 1}, Hard{"batch_norm", shallow, 1e-3}, Hard{"batch_norm", shallow, 1e3});
  AtStart at(hard.norm, hard.net, hard.scale);
  for (const Values& v : {at.direction(false), at.direction(true), at.towards_top()}) {
    Values hv;
    at.oracle.hessian_times(v, hv);
    INFO(hard.norm << " " << hard.net << " " << hard.scale);
    CHECK(AtStart::apart(hv, at.reference(v)) <= 1e-7);
  }
}

TEST_CASE("oracle: the top eigenvalue of twelve layers of ReLU needs its kinks held", "[probe][oracle]") {
  const auto norm = GENERATE(as<std::string>(), "identity", "batch_norm");
  AtStart at(norm, deep_relu);
  auto top = [&](const SymmetricOperator& product) {
    const Draw draw = [&](uint64_t, Values& v) { v = at.direction(false); };
    const Ritz ritz = lanczos(product, draw, at.oracle.point().size(), {.iterations = 40, .dimension = 10000});
    return ritz.values.back();
  };
  auto held = [&](double step) {
    return top([&, step](const Values& v, Values& hv) { at.oracle.hessian_times(v, hv, step); });
  };
  auto naive = [&](double d) {
    return top([&, d](const Values& v, Values& hv) {
      Values up = at.oracle.point(), down = up, other;
      for (size_t i = 0; i < v.size(); ++i) up[i] += d * v[i], down[i] -= d * v[i];
      at.oracle.gradient(up, hv), at.oracle.gradient(down, other);
      for (size_t i = 0; i < v.size(); ++i) hv[i] = (hv[i] - other[i]) / (2 * d);
    });
  };
  const double right = held(5e-7);
  CHECK(held(1e-7) == Approx(right).epsilon(1e-5));
  CHECK(held(2.5e-6) == Approx(right).epsilon(1e-5));
  CHECK(held(4e-5) == Approx(right).epsilon(1e-2));
  std::vector<double> wrong;
  for (const double d : {1e-2, 1e-3, 1e-4, 1e-5, 1e-6}) wrong.push_back(naive(d) / right);
  UNSCOPED_INFO(norm << ": held " << right << ", naive over held " << wrong[0] << " " << wrong[1] << " " << wrong[2] << " " << wrong[3] << " " << wrong[4]);
  CHECK(*std::max_element(wrong.begin(), wrong.end()) > 2);
}

TEST_CASE("oracle: a kink within the step keeps its side", "[probe][oracle]") {
  AtStart at("identity", R"("widths": [6, 5], "activation": "relu")");
  const Workspace<double>& ws = at.run.trainer.workspace();
  auto find = [&](const std::string& name) {
    for (const auto& entry : ws.plan().parameters) {
      if (entry.name == name) return ws[entry.slot];
    }
    FAIL("no " << name);
    return View<double>{};
  };
  const Batch<double> batch = at.run.trainer.batches().at(0);
  const View<double> w = find("hidden1/linear/weight"), b = find("hidden1/linear/bias");
  double before = 0;  // what the first unit is given by the first sample
  for (Index i = 0; i < 12; ++i) before += w[i] * batch.x[i];
  auto product = [&](double margin) {
    b[0] = margin - before;
    at.oracle.move_to(ws, 0);
    at.oracle.take(batch);
    Values hv;
    at.oracle.hessian_times(at.direction(false), hv);
    return hv;
  };
  CHECK(AtStart::apart(product(1e-12), product(1e-4)) <= 1e-3);
  CHECK(AtStart::apart(product(-1e-12), product(-1e-4)) <= 1e-3);
}

TEST_CASE("oracle: H w = -g to 1e-6 for scale-invariant weights, where epsilon does not disturb", "[probe][oracle]") {
  for (const std::string mode : {"batch", "frozen"}) {
    AtStart at(R"({"name": "batch_norm", "epsilon": 1e-12})", R"("widths": [6, 5, 4], "activation": "relu", "placement": "before_activation")");
    at.oracle.use(mode);
    Values g, hw;
    at.oracle.gradient(at.oracle.point(), g);
    double worst = 0;
    for (const auto& entry : at.oracle.plan().parameters) {
      if (!entry.name.starts_with("hidden") || entry.role != Role::weight) continue;
      Values w(g.size(), 0);
      std::copy_n(at.oracle.point().begin() + entry.slot.offset, entry.slot.shape.size(), w.begin() + entry.slot.offset);
      at.oracle.hessian_times(w, hw);
      double off = 0, size = 0;
      for (auto i = static_cast<size_t>(entry.slot.offset); i < static_cast<size_t>(entry.slot.offset + entry.slot.shape.size()); ++i) off += std::pow(hw[i] + g[i], 2), size += g[i] * g[i];
      worst = std::max(worst, std::sqrt(off / size));
    }
    INFO(mode << " " << worst);
    CHECK((worst <= 1e-6) == (mode == "batch"));  // held statistics do not make weights scale-invariant
  }
}
