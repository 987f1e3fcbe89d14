// Products with the Hessian of whole networks against PyTorch's double backward, through the statistics of the batch
// (module.train()) and with running ones (module.eval()).
#include "golden/fixture.h"
#include "probes/loss_oracle.h"
#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

struct NetCase {
  const char *fixture, *norm, *model, *data;
};
const char* const mixture = R"({"name": "gaussian_mixture", "features": 12, "classes": 3, "samples": 60})";
const char* const images = R"({"name": "textures", "size": 8, "classes": 3, "samples": 60})";
const NetCase net_cases[] = {{"mlp_tanh", "batch_norm", R"("widths": [6, 5], "activation": "tanh")", mixture},
                             {"mlp_relu", "batch_norm", R"("widths": [6, 5])", mixture},
                             {"mlp_layer_norm", "layer_norm", R"("widths": [6, 5])", mixture},
                             {"residual_mlp", "batch_norm", R"("name": "residual_mlp", "blocks": 2, "width": 6)", mixture},
                             {"vgg", "batch_norm", R"("name": "vgg", "width": 1)", images},
                             {"recurrent", "batch_norm", R"("name": "recurrent", "width": 5)", images}};

}  // namespace

TEST_CASE("Hessian-vector products of networks are PyTorch's", "[golden][oracle]") {
  const NetCase c = GENERATE(from_range(std::begin(net_cases), std::end(net_cases)));
  Watched run("{}", c.norm, c.model, R"({"steps": 1, "batch_size": 20})", c.data);
  Fixture fixture("hessians", c.fixture);
  const Workspace<double>& ws = run.trainer.workspace();
  for (const auto& entry : ws.plan().parameters) fixture.copy("parameter." + entry.name, ws[entry.slot]);
  for (const auto& entry : ws.plan().state) {
    if (fixture.has("state." + entry.name)) fixture.copy("state." + entry.name, ws[entry.slot]);
  }
  LossOracle<double> oracle(Surroundings<double>{run.config.model, run.config.train, run.data, run.trainer.loss(), 0, run.pool}, {}, Keep::all, "test");
  oracle.move_to(ws, 0);
  const StoredTensor &x = fixture["x"], &labels = fixture["labels"];
  const std::vector<int32_t> classes(labels.values.begin(), labels.values.end());
  oracle.take(Batch<double>{{x.values.data(), {x.shape[0], x.shape[1], x.shape[2], x.shape[3]}}, classes.data(), {}});
  Vector<double> v(oracle.point().size(), 0), hv;
  for (const auto& entry : oracle.plan().parameters) fixture.copy("v." + entry.name, View<double>{v.data() + entry.slot.offset, entry.slot.shape});

  for (const std::string mode : {"batch", "running"}) {
    oracle.use(mode);
    REQUIRE(oracle.loss(oracle.point()) == Approx(fixture[mode + ".loss"].values[0]).epsilon(1e-12));
    oracle.hessian_times(v, hv);
    double off = 0, size = 0;
    for (const auto& entry : oracle.plan().parameters) {
      const StoredTensor& expected = fixture[mode + ".hv." + entry.name];
      REQUIRE(expected.values.size() == static_cast<size_t>(entry.slot.shape.size()));
      for (size_t i = 0; i < expected.values.size(); ++i) {
        const double difference = hv[static_cast<size_t>(entry.slot.offset) + i] - expected.values[i];
        off += difference * difference, size += expected.values[i] * expected.values[i];
      }
    }
    INFO(c.fixture << " " << mode << ": relative error " << std::sqrt(off / size));
    CHECK(std::sqrt(off / size) <= 1e-8);
  }
}

TEST_CASE("no fixture of a Hessian is left aside", "[golden]") {
  std::set<std::string> all;
  for (const NetCase& c : net_cases) all.insert(c.fixture);
  CHECK(fixture_cases("hessians") == all);
}
