// Node by node, so that the gradient of each can be looked at, or in one go: the same bits.
#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

TEST_CASE("backward in pieces is backward", "[model]") {
  for (const auto& scaling : scalings<double>().names()) {
    if (scaling == "zero_gamma") continue;
    // width 3, that of the output: the memory of the last gradient is taken again further down
    Watched w("{}", "batch_norm", R"("name": "residual_mlp", "blocks": 3, "width": 3, "placement": ["skip", "before_activation"], "scaling": ")" + scaling + "\"");
    auto gradients = [&](bool pieces) {
      Replica<double> replica(w.config.model, w.data, 20, true, 0, w.pool, Keep::all);
      replica.copy(w.trainer.workspace());
      const Pass<double> pass = replica.pass(Mode::train);
      const Batch<double> batch = w.trainer.batches().at(0);
      w.trainer.loss()(replica.forward(Mode::train, batch.x), batch, replica.network().top(replica.ws(), 20));
      if (!pieces) replica.backward(Mode::train, batch.x);
      for (int i = static_cast<int>(replica.network().nodes().size()) - 1; pieces && i >= 0; --i) replica.network().backward(pass, batch.x, i, i + 1);
      return std::vector<double>(replica.ws().gradients().data, replica.ws().gradients().data + replica.ws().gradients().size());
    };
    INFO(scaling);
    REQUIRE(gradients(true) == gradients(false));
  }
}
