// Sparklines in a terminal.
#include "report/sparkline.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace bnlab;

TEST_CASE("a sparkline goes from the least to the most, in at most its width", "[report]") {
  CHECK(sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 20) == "▁▂▃▄▅▆▇█");
  CHECK(sparkline({0, 0, 7, 7}, 2) == "▁█");
  CHECK(sparkline({3, 3, 3}, 9) == "▁▁▁");
  CHECK(sparkline({1, NAN, 2}, 9) == "▁x█");
  CHECK(sparkline({}, 9).empty());
}
