// From one config to the cells of its axes.
#include "experiment/cells.h"

#include <catch2/catch.hpp>

using namespace bnlab;

namespace {

std::vector<std::string> arms(const std::string& axes) {
  std::vector<std::string> out;
  for (const Cell& cell : expand(Document::parse("{\"vary\": " + axes + "}", "axes"), {})) out.push_back(cell.arm);
  return out;
}

}  // namespace

TEST_CASE("arms are labelled by what varies, in characters that a folder can have", "[experiment]") {
  CHECK(arms(R"([{"grid": {"model.norm": ["batch_norm", {"name": "group_norm", "groups": 2}, {"name": "group_norm", "groups": 4}]}}])") ==
        std::vector<std::string>{"norm=batch_norm", "norm=group_norm,groups=2", "norm=group_norm,groups=4"});
  CHECK(arms(R"([{"grid": {"train.adaptive_clip": [{"lambda": 0.01}, {"lambda": 0.01, "epsilon": 0.1}]}}])") ==
        std::vector<std::string>{"adaptive_clip=lambda=0.01", "adaptive_clip=lambda=0.01,epsilon=0.1"});
  CHECK(arms(R"([{"grid": {"model.widths": [[8, 4], [8]], "train.schedule": [{"name": "step", "milestones": [0.5, 0.8]}]}}])") ==
        std::vector<std::string>{"widths=8+4-schedule=step,milestones=0.5+0.8", "widths=8-schedule=step,milestones=0.5+0.8"});
}

TEST_CASE("labels that are too long for a folder stay apart", "[experiment]") {
  const std::string notes(120, 'x');
  const auto both = arms("[{\"grid\": {\"notes\": [\"" + notes + "a\", \"" + notes + "b\"]}}]");
  CHECK(both[0].size() <= 100);
  CHECK(both[0] != both[1]);
}
