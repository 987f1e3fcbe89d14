// The rows behind a figure: what is drawn is what is saved.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/document.h"

namespace bnlab {

using Entry = std::variant<double, std::string>;

struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<Entry>> rows;
};

std::string to_csv(const Rows& rows);

// [{"arm": "batch_norm", "step": 0}, ...], as Vega-Lite takes them; what is no number is null.
Json to_values(const Rows& rows);

// The same, small: a column is {"name", "values"}, or {"name", "words", "at"} where it is text. What is no finite
// number is a string there ("nan", "inf"): a page that saves it must not lose it.
Json to_columns(const Rows& rows);

// Indices, ascending, of at most `most` (at least 4) of the points: the first, the last, and from each stretch between
// them the one with the least `low` and the one with the largest `high`. So no extreme of a curve, or of a band, is
// lost.
std::vector<size_t> thinned(const std::vector<double>& low, const std::vector<double>& high, size_t most);

}  // namespace bnlab
