// What figures have in common: spreads over seeds, lines, and that nothing to draw is not an error.
#include "report/lines.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

using namespace bnlab;

TEST_CASE("over seeds: mean and Student's interval, only where all seeds have a number", "[report]") {
  const auto spreads = over_seeds({{{0, 1}, {10, 2}, {20, 5}}, {{0, 2}, {10, 4}, {20, 5}}, {{0, 3}, {10, 9}}});
  REQUIRE(spreads.size() == 2);  // the third diverged before 20
  CHECK(spreads[0].mean == Approx(2));
  CHECK(spreads[0].n == 3);
  // t(2 degrees, 0.975) = 4.302653, standard error 1 / sqrt(3)
  CHECK(spreads[0].high - 2 == Approx(4.302653 / std::sqrt(3.0)).epsilon(1e-6));
  CHECK(2 - spreads[0].low == Approx(spreads[0].high - 2));
  CHECK(spreads[1].mean == Approx(5));
}

TEST_CASE("over seeds: of two the range, of one nothing", "[report]") {
  const auto two = over_seeds({{{0, 1}}, {{0, 4}}}), one = over_seeds({{{0, 1}}});
  CHECK(two[0].mean == Approx(2.5));
  CHECK(two[0].low == 1);
  CHECK(two[0].high == 4);
  CHECK(one[0].mean == 1);
  CHECK(std::isnan(one[0].low));
  CHECK(std::isnan(one[0].high));
}

TEST_CASE("some of many: evenly, with both ends", "[report]") {
  CHECK(some_of({"a", "b", "c", "d", "e"}, 3) == std::vector<std::string>{"a", "c", "e"});
  CHECK(some_of({"a", "b", "c"}, 1) == std::vector<std::string>{"b"});
  CHECK(some_of({"a", "b"}, 3) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("lines: a page's worth of rows however many runs, their extremes among them", "[report]") {
  Evidence evidence;
  evidence.most_rows = 1000;
  std::vector<Dot> dots;
  for (int i = 0; i < 5000; ++i) dots.push_back({static_cast<double>(i), i == 1234 ? 99.0 : std::sin(i)});
  Lines lines(evidence, "step", "loss");
  for (int arm = 0; arm < 20; ++arm) lines.add("", "arm" + std::to_string(arm), {dots});
  Figure figure;
  REQUIRE(lines.finish(figure, {}));
  CHECK(figure.rows.rows.size() <= 1000);
  size_t spikes = 0;
  for (const auto& row : figure.rows.rows) spikes += std::get<double>(row[4]) == 99;
  CHECK(spikes == 20);
  CHECK(figure.says.find("of 100000 points are drawn") != std::string::npos);
  CHECK_FALSE(figure.log);  // a sine is below 0
}

TEST_CASE("a legend has room for the longest name, and fewer columns for it", "[report]") {
  Evidence evidence;
  evidence.arms = {{"bn", {}}, {"no", {}}};
  CHECK(arm_colour(evidence)["legend"]["columns"] == 4);
  evidence.arms.push_back({"batch_norm-learning_rate=0.1-weight_decay=0.0005", {}});
  const Json legend = arm_colour(evidence)["legend"];
  CHECK(legend["columns"] == 1);
  CHECK(legend["labelLimit"] >= 0.8 * 11 * 49);  // what Vega takes it to be wide, without a browser
}

TEST_CASE("every figure: nothing to draw is no error, and its name is a word", "[report]") {
  for (const Kind& kind : kinds_of_figures()) {
    INFO(kind.name);
    Evidence evidence;
    Figure figure;
    CHECK_FALSE(kind.draw(evidence, figure));
    CHECK(kind.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
    CHECK_FALSE(kind.needs.empty());
  }
}
