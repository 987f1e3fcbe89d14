// Rows of figures: what is thinned, what is saved, what a page carries.
#include "report/rows.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

using namespace bnlab;

TEST_CASE("thinning keeps the ends and every extreme, within its bound", "[report]") {
  const size_t n = GENERATE(5, 100, 1001, 20000), most = GENERATE(4, 17, 64, 400);
  std::vector<double> low(n), high(n);
  for (size_t i = 0; i < n; ++i)
    low[i] = std::sin(static_cast<double>(i * i % 977)), high[i] = low[i] + std::abs(std::cos(static_cast<double>(i)));
  low[n / 3] = -50, high[2 * n / 3] = 70;  // one point each, as a spike of a loss is
  const auto kept = thinned(low, high, most);
  REQUIRE(kept.size() <= std::max(most, size_t{3}));
  REQUIRE(std::is_sorted(kept.begin(), kept.end()));
  REQUIRE(std::adjacent_find(kept.begin(), kept.end()) == kept.end());
  CHECK(kept.front() == 0);
  CHECK(kept.back() == n - 1);
  CHECK(std::count(kept.begin(), kept.end(), n / 3) == 1);
  CHECK(std::count(kept.begin(), kept.end(), 2 * n / 3) == 1);
  if (n <= most) CHECK(kept.size() == n);
}

TEST_CASE("thinning: a nan does not hide the extreme behind it", "[report]") {
  std::vector<double> y(100, 1.0);
  y[1] = NAN, y[20] = -9, y[70] = 9;
  const auto kept = thinned(y, y, 6);
  CHECK(std::count(kept.begin(), kept.end(), size_t{20}) == 1);
  CHECK(std::count(kept.begin(), kept.end(), size_t{70}) == 1);
}

TEST_CASE("rows as CSV, as values, as columns: nothing is lost, and only columns say what is no number", "[report]") {
  Rows rows{{"arm", "a,b"},
            {{std::string("x \"y\""), 1.0}, {std::string("</script>"), INFINITY}, {std::string("x \"y\""), 0.1}}};
  CHECK(to_csv(rows) == "arm,\"a,b\"\n\"x \"\"y\"\"\",1\n</script>,inf\n\"x \"\"y\"\"\",0.1\n");
  CHECK(to_values(rows).dump() ==
        R"([{"arm":"x \"y\"","a,b":1},{"arm":"</script>","a,b":null},{"arm":"x \"y\"","a,b":0.1}])");
  CHECK(to_columns(rows).dump() ==
        R"([{"name":"arm","words":["x \"y\"","</script>"],"at":[0,1,0]},{"name":"a,b","values":[1,"inf",0.1]}])");
}
