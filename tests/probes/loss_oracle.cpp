// The oracle of loss, gradient and Hessian against plain differences, in every mode and for everything with kinks.
#include <catch2/catch.hpp>

#include "probes/loss_oracle.h"
#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

Vector<double> direction(const LossOracle<double>& oracle, uint64_t seed) {
  Vector<double> v(oracle.point().size(), 0);
  for (const auto& entry : oracle.plan().parameters) {
    Stream(seed, entry.name).fill_normal(0, v.data() + entry.slot.offset, static_cast<size_t>(entry.slot.shape.size()));
  }
  return v;
}

struct Looking {
  Watched run;
  LossOracle<double> oracle;
  Looking(const std::string& norm, const std::string& net, const LossChoice& choice = {})
      : Looking(norm, net, choice, R"({"name": "gaussian_mixture", "features": 12, "classes": 3, "samples": 300})") {}
  Looking(const std::string& norm, const std::string& net, const LossChoice& choice, const std::string& data)
      : run("{}", norm, net, R"({"steps": 12, "batch_size": 20, "learning_rate": 0.3})", data), oracle(Surroundings<double>{run.config.model, run.config.train, run.data, run.trainer.loss(), 0, run.pool}, choice, Keep::all, "test") {
    run.trainer.run(nobody, run.never);  // away from initialization
    oracle.move_to(run.trainer.workspace(), 12);
    if (choice.source == "training") oracle.take(run.trainer.batches().at(12));
  }
  Observer<double> nobody;
};

const std::vector<std::string> modes{"batch", "frozen", "running"};

}  // namespace

TEST_CASE("oracle: the gradient is that of the loss, in every mode", "[probe][oracle]") {
  for (const auto& norm : norms<double>().names()) {
    if (norm == "instance_norm") continue;  // needs space
    Looking at(norm, R"("widths": [8, 8], "activation": "tanh", "placement": "before_activation", "dropout": 0.2)");
    for (const auto& mode : modes) {
      at.oracle.use(mode);
      if (!at.oracle.no_hessian().empty()) continue;
      const Vector<double> v = direction(at.oracle, 3);
      Vector<double> up = at.oracle.point(), down = up, g;
      for (size_t i = 0; i < v.size(); ++i) up[i] += 1e-6 * v[i], down[i] -= 1e-6 * v[i];
      at.oracle.gradient(at.oracle.point(), g);
      INFO(norm << " " << mode);
      REQUIRE(dot(g, v) == Approx((at.oracle.loss(up) - at.oracle.loss(down)) / 2e-6).epsilon(1e-5).margin(1e-8));
    }
  }
}

TEST_CASE("oracle: batch mode at the point is what the run trains on", "[probe][oracle]") {
  Looking at("noisy_batch_norm", R"("widths": [6, 5], "activation": "relu", "placement": "before_activation", "dropout": 0.2)");
  at.oracle.use("batch");
  Vector<double> g;
  const double loss = at.oracle.gradient(at.oracle.point(), g);
  const double again = at.oracle.gradient(at.oracle.point(), g);
  REQUIRE(loss == again);
  at.run.trainer.run(at.nobody, at.run.never);
  REQUIRE(loss == at.run.trainer.gradients(at.run.trainer.batches().at(12)));
  REQUIRE(std::equal(g.begin(), g.end(), at.run.trainer.workspace().gradients().data));
}

TEST_CASE("oracle: frozen statistics are those of the batch at the point", "[probe][oracle]") {
  for (const char* norm : {"batch_norm", "ghost_batch_norm", "lp_norm", "center_only", "variance_only", "batch_renorm"}) {
    Looking at(norm, R"("widths": [6, 5], "activation": "relu", "placement": "before_activation")");
    at.oracle.use("batch");
    const double batch = at.oracle.loss(at.oracle.point());
    at.oracle.use("frozen");
    INFO(norm);
    CHECK(at.oracle.loss(at.oracle.point()) == Approx(batch).epsilon(1e-12));
    Vector<double> away = at.oracle.point();
    for (double& w : away) w *= 3;
    const double far = at.oracle.loss(away);
    at.oracle.use("batch");
    CHECK(far != Approx(at.oracle.loss(away)).epsilon(1e-3));
  }
}

TEST_CASE("oracle: the Hessian is symmetric and is the derivative of the gradient, kinks held", "[probe][oracle]") {
  const auto net = GENERATE(as<std::string>(), R"("widths": [6, 5], "activation": "tanh", "placement": "before_activation")", R"("widths": [6, 5], "activation": "relu", "placement": "before_activation")",
                            R"("name": "residual_mlp", "blocks": 3, "width": 6, "placement": "published", "scaling": "ratio_forced")", R"("widths": [6, 5], "activation": "leaky_relu", "weights": "weight_norm", "placement": "after_activation")");
  for (const std::string norm : {"batch_norm", "layer_norm", "ghost_batch_norm", R"({"name": "lp_norm", "p": "1"})", R"({"name": "lp_norm", "p": "inf"})", "identity", "noisy_batch_norm"}) {
    Looking at(norm, net);
    for (const auto& mode : modes) {
      at.oracle.use(mode);
      const Vector<double> u = direction(at.oracle, 1), v = direction(at.oracle, 2);
      Vector<double> hu, hv, h2v, v2 = v;
      at.oracle.hessian_times(u, hu);
      at.oracle.hessian_times(v, hv);
      INFO(norm << " " << mode << " " << net);
      REQUIRE(bnlab::norm(hv) > 0);
      REQUIRE(std::abs(dot(u, hv) - dot(v, hu)) <= 1e-7 * bnlab::norm(u) * bnlab::norm(hv));
      for (double& x : v2) x *= -3;  // linear: the step differs not in length but in sign
      at.oracle.hessian_times(v2, h2v);
      for (size_t i = 0; i < hv.size(); ++i) REQUIRE(std::abs(h2v[i] + 3 * hv[i]) <= 1e-7 * bnlab::norm(hv));
    }
  }
}

TEST_CASE("oracle: the Hessian of a convolutional network with max pooling is symmetric", "[probe][oracle]") {
  Looking at("batch_norm", R"("name": "vgg", "width": 2)", {}, R"({"name": "textures", "size": 32, "classes": 3, "samples": 60})");
  const Vector<double> u = direction(at.oracle, 1), v = direction(at.oracle, 2);
  Vector<double> hu, hv;
  at.oracle.hessian_times(u, hu);
  at.oracle.hessian_times(v, hv);
  REQUIRE(bnlab::norm(hv) > 0);
  REQUIRE(std::abs(dot(u, hv) - dot(v, hu)) <= 1e-7 * bnlab::norm(u) * bnlab::norm(hv));
}

TEST_CASE("oracle: H w = -g for scale-invariant weights", "[probe][oracle]") {
  Looking at("batch_norm", R"("widths": [6, 5, 4], "activation": "relu", "placement": "before_activation")");
  at.oracle.use("batch");
  Vector<double> g, w(at.oracle.point().size(), 0), hw;
  at.oracle.gradient(at.oracle.point(), g);
  for (const auto& entry : at.oracle.plan().parameters) {
    if (entry.name != "hidden2/linear/weight") continue;
    const auto begin = static_cast<size_t>(entry.slot.offset), end = begin + static_cast<size_t>(entry.slot.shape.size());
    std::copy(at.oracle.point().begin() + entry.slot.offset, at.oracle.point().begin() + entry.slot.offset + entry.slot.shape.size(), w.begin() + entry.slot.offset);
    at.oracle.hessian_times(w, hw);
    double along = 0, size = 0;
    for (size_t i = begin; i < end; ++i) {
      along += w[i] * g[i], size += g[i] * g[i];
      CHECK(hw[i] == Approx(-g[i]).margin(2e-4 * std::sqrt(dot(g, g))));  // epsilon = 1e-5 in the norm
    }
    CHECK(std::abs(along) <= 1e-4 * std::sqrt(size * dot(w, w)));
  }
}
