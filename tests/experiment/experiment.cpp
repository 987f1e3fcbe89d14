// What an experiment file says beside its config: tuning and scales.
#include "experiment/experiment.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "support/scratch.h"

using namespace bnlab;
using bnlab::testing::Scratch;

TEST_CASE("a scale is laid over the body, under --set, in a directory of its own", "[experiment]") {
  const Scratch scratch;
  const std::string path = scratch.write("e.json", R"({"name": "e", "train": {"epochs": 3, "batch_size": 8},
    "vary": [{"arms": {"a": {}, "b": {"model.norm": "layer_norm"}}}, {"seeds": {"from": 1, "count": 8}}],
    "scales": {"quick": {"train.steps": 5, "vary[1].seeds": [1, 2]}, "full": {"train.batch_size": 32}},
    "about": {"paper": "someone 2026", "what": "something"}, "claims": []})");
  CHECK(scales_of(compose(path, {})) == std::vector<std::string>{"standard", "quick", "full"});
  const Experiment body = read_experiment(path, {}), quick = read_experiment(path, {"train.batch_size=4"}, "quick"), full = read_experiment(path, {}, "full");
  CHECK(body.cells.size() == 16);
  CHECK(body.name == "e");
  CHECK(body.paper == "someone 2026");
  CHECK(quick.cells.size() == 4);
  CHECK(quick.name == "e.quick");
  CHECK(quick.cells[0].config.train.steps == 5);
  CHECK(quick.cells[0].config.train.epochs == 0);
  CHECK(quick.cells[0].config.train.batch_size == 4);
  CHECK(full.cells[0].config.train.batch_size == 32);
  CHECK(full.cells[0].config.train.epochs == 3);
  CHECK_THROWS_WITH(read_experiment(path, {}, "quik"), Catch::Contains("did you mean 'quick'"));
}

TEST_CASE("tuning takes the best mean; the edge is the smallest or largest number, wherever it stands in the list", "[experiment]") {
  const Scratch scratch;
  auto tuned = [&](const std::string& values, const std::vector<double>& measured) {
    const Experiment e = read_experiment(scratch.write("e.json", R"({"vary": [{"seeds": [1, 2]}], "tune": {"path": "train.learning_rate", "values": )" + values + R"(, "seeds": [100, 101]}})"), {});
    return choose(e, tuning_cells(e), measured).at(0);
  };
  const Chosen middle = tuned("[0.1, 1, 0.5]", {0.5, 0.5, 0.6, 0.6, 0.9, 0.7});
  CHECK(middle.value == 2);  // last in the list, and not at the edge
  CHECK_FALSE(middle.at_edge);
  CHECK(middle.means[2] == Approx(0.8));
  CHECK(tuned("[0.1, 1, 0.5]", {0.5, 0.5, 0.95, 0.95, 0.9, 0.7}).at_edge);
  CHECK(tuned("[0.1, 1, 0.5]", {0.5, 0.5, 0.95, std::nan(""), 0.9, 0.7}).value == 2);  // one diverged: the worst
}
