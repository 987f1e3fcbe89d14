// Runs as a table, and groups over seeds.
#include "analysis/run_table.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace bnlab;

namespace {

TableRun run(const std::string& arm, int64_t seed, const std::string& state, double accuracy) {
  TableRun out;
  out.record.arm = arm, out.record.seed = seed, out.record.state = state;
  out.record.measures["test_accuracy"] = accuracy;
  out.config = Json::parse(R"({"model": {"norm": {"name": "batch_norm", "epsilon": 0.5}}, "train": {"steps": 7}})");
  return out;
}

}  // namespace

TEST_CASE("a field is of the record, of the summary or of the config", "[analysis]") {
  const TableRun one = run("a", 3, "completed", 0.5);
  CHECK(field(one, "seed") == "3");
  CHECK(field(one, "test_accuracy") == "0.5");
  CHECK(field(one, "model.norm") == "batch_norm");
  CHECK(field(one, "model.norm.epsilon") == "0.5");
  CHECK(field(one, "train.steps") == "7");
  CHECK(field(one, "train.stepz").empty());
}

TEST_CASE("groups: the mean over runs with its interval; runs without the number are counted", "[analysis]") {
  std::vector<TableRun> runs;
  for (int k = 1; k <= 5; ++k) runs.push_back(run("a", k, "completed", k));
  runs.push_back(run("a", 6, "diverged", 100));
  runs.push_back(run("b", 1, "completed", 2));
  const auto groups = group_runs(runs, {"arm"}, {1, 2, 3, 4, 5, NAN, 2});
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].key == std::vector<std::string>{"a"});
  CHECK(groups[0].n == 5);
  CHECK(groups[0].without == 1);
  CHECK(groups[0].mean == Approx(3));
  // t(4 degrees, 0.975) = 2.776445, standard error sqrt(2.5 / 5)
  CHECK(groups[0].high - 3 == Approx(2.776445 * std::sqrt(0.5)).epsilon(1e-6));
  CHECK(3 - groups[0].low == Approx(groups[0].high - 3));
  CHECK(groups[0].least == 1);
  CHECK(groups[0].most == 5);
  CHECK(groups[1].n == 1);
  CHECK(std::isnan(groups[1].low));
  CHECK(groups[0].twice.empty());
  runs.push_back(run("a", 2, "completed", 9));  // another config under the same label: seed 2 is no second observation
  const auto mixed = group_runs(runs, {"arm"}, {1, 2, 3, 4, 5, NAN, 2, 9});
  CHECK(mixed[0].twice == std::vector<size_t>{1, 7});
  CHECK(std::isnan(mixed[0].low));
  CHECK(mixed[0].n == 6);
}
