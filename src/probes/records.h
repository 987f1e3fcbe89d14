// What a probe measured, row by row.
#pragma once

#include <limits>
#include <string_view>

namespace bnlab {

// layer: a node, "hidden3/sigmoid", with its side where one is meant, "hidden3/sigmoid@input"; "" for the whole network.
// bn_mode: "batch", "frozen", "running", or "" where statistics play no part.
// at: where on a curve the value stands (a step length, the index of an eigenvalue); nan where there is no curve.
// note: why there is no number, where there is none.
struct Row {
  std::string_view layer, metric, bn_mode;
  double at = std::numeric_limits<double>::quiet_NaN();
  double value = std::numeric_limits<double>::quiet_NaN();
  std::string_view note{};
};

class Records {
 public:
  virtual ~Records() = default;
  virtual void row(const Row& row) = 0;

  void value(std::string_view layer, std::string_view metric, std::string_view bn_mode, double value) {
    row({.layer = layer, .metric = metric, .bn_mode = bn_mode, .value = value});
  }
  void point(std::string_view layer, std::string_view metric, std::string_view bn_mode, double at, double value) {
    row({.layer = layer, .metric = metric, .bn_mode = bn_mode, .at = at, .value = value});
  }
  // Not measured, and why.
  void missing(std::string_view layer, std::string_view metric, std::string_view bn_mode, std::string_view why) {
    row({.layer = layer, .metric = metric, .bn_mode = bn_mode, .note = why});
  }
};

}  // namespace bnlab
