// The section "vary": axes of settings, whose product is the cells of an experiment.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/document.h"

namespace bnlab {

// How long to train, in two units. "train.epochs" of 0 says nothing.
inline constexpr const char* lengths[] = {"train.steps", "train.epochs"};
inline constexpr size_t most_runs = 100'000;

struct Value {
  std::string path;   // what it is a value of
  Json value;
  std::string place;  // where in the config it was written
};
struct Setting {  // one value of an axis
  std::string label;
  std::vector<Value> values;
};
using Axis = std::vector<Setting>;

struct Vary {
  Axis settings;                            // the product of all axes; the last turns fastest
  std::vector<std::vector<Value>> exclude;  // settings that have all values of one of these are left out
};

// Reads `vary` of the document. pinned: paths that a --set has fixed.
Vary read_vary(const Document& document, const std::vector<std::string>& pinned);

}  // namespace bnlab
