// Full-batch gradient descent at rate eta ends where the largest eigenvalue of the Hessian is about 2 / eta (Cohen et al.
// 2021, "Gradient descent on neural networks typically occurs at the edge of stability").
#include "probes/loss_oracle.h"
#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

double largest_eigenvalue(LossOracle<double>& oracle) {
  Vector<double> v(oracle.point().size(), 0), hv;
  for (const auto& entry : oracle.plan().parameters) Stream(1, entry.name).fill_normal(0, v.data() + entry.slot.offset, static_cast<size_t>(entry.slot.shape.size()));
  double value = 0;
  for (int k = 0; k < 60; ++k) {
    const double size = norm(v);
    for (double& entry : v) entry /= size;
    oracle.hessian_times(v, hv);
    value = dot(v, hv);
    v = hv;
  }
  return value;
}

double sharpness_after(double rate, int steps, const std::string& norm) {
  Watched run("{}", norm, R"("widths": [32, 32], "activation": "tanh", "placement": "before_activation", "initializer": "glorot")",
              R"({"steps": )" + std::to_string(steps) + R"(, "batch_size": 100, "learning_rate": )" + std::to_string(rate) + R"(, "loss": "mean_squared_error"})",
              R"({"name": "gaussian_mixture", "features": 10, "classes": 5, "samples": 100, "separation": 0.5})");
  Observer<double> nobody;
  run.trainer.run(nobody, run.never);
  LossOracle<double> oracle(Surroundings<double>{run.config.model, run.config.train, run.data, run.trainer.loss(), 0, run.pool}, {}, Keep::all, "test");
  oracle.move_to(run.trainer.workspace(), steps);
  oracle.take(run.trainer.batches().at(0));
  oracle.use("batch");
  return largest_eigenvalue(oracle);
}

}  // namespace

TEST_CASE("edge of stability: full-batch gradient descent ends at a sharpness of 2 / eta", "[science]") {
  CHECK(sharpness_after(0.5, 1, "identity") < 0.6 * 2 / 0.5);  // it rises to it
  for (const char* norm : {"identity", "batch_norm"}) {        // the one and the other network, at the same value
    for (const double rate : {0.5, 1.0}) {
      INFO(norm << " at " << rate);
      CHECK(sharpness_after(rate, 1500, norm) == Approx(2 / rate).epsilon(0.05));
    }
  }
}
