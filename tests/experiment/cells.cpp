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

TEST_CASE("blocks, ranges, Halton points and exclusions", "[experiment]") {
  auto arms = [](const std::string& vary) {
    std::vector<std::string> out;
    for (const Cell& cell : expand(Document::parse(R"({"model": {"norm": "batch_norm"}, "vary": )" + vary + "}", "test"), {})) out.push_back(cell.arm + " " + std::to_string(cell.config.seed));
    return out;
  };
  using Arms = std::vector<std::string>;
  CHECK(arms(R"([{"blocks": [[{"grid": {"train.steps": [1, 2]}}], [{"arms": {"a": {"train.steps": 9}}}, {"seeds": [5]}]]}, {"grid": {"train.batch_size": [8, 16]}}])") ==
        Arms{"steps=1-batch_size=8 0", "steps=1-batch_size=16 0", "steps=2-batch_size=8 0", "steps=2-batch_size=16 0", "a-batch_size=8 5", "a-batch_size=16 5"});
  CHECK(arms(R"([{"grid": {"train.learning_rate": {"from": 0.001, "to": 1, "count": 4}}}])") == Arms{"learning_rate=0.001 0", "learning_rate=0.01 0", "learning_rate=0.1 0", "learning_rate=1.0 0"});
  CHECK(arms(R"([{"grid": {"train.learning_rate": {"from": 1, "to": 2, "count": 3, "scale": "linear"}}}])") == Arms{"learning_rate=1.0 0", "learning_rate=1.5 0", "learning_rate=2.0 0"});
  // van der Corput in bases 2 and 3: 1/2 1/4 3/4, 1/3 2/3 1/9
  CHECK(arms(R"([{"halton": {"count": 3, "ranges": {"train.learning_rate": {"from": 0, "to": 1, "scale": "linear"}, "train.momentum": {"from": 0, "to": 0.9, "scale": "linear"}}}}])") ==
        Arms{"learning_rate=0.5-momentum=0.3 0", "learning_rate=0.25-momentum=0.6 0", "learning_rate=0.75-momentum=0.1 0"});
  CHECK(arms(R"([{"grid": {"model.norm": ["batch_norm", {"name": "layer_norm"}], "train.steps": [1, 2]}}, {"exclude": [{"model.norm": "layer_norm", "train.steps": 2}]}])") ==
        Arms{"norm=batch_norm-steps=1 0", "norm=batch_norm-steps=2 0", "norm=layer_norm-steps=1 0"});
}
