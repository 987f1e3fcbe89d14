// From a config file to the runs it asks for.
#pragma once

#include "experiment/run_config.h"

namespace bnlab {

// The file, the pieces it composes (left to right, each may compose others), its own body over them, then what `scales`
// says of the scale ({"quick": {"train.steps": 100, "vary[1].seeds": [1]}, ...}; "standard", or "", is the body), then --set.
// train.steps and train.epochs are one thing in two units: what a later layer says replaces what an earlier one said.
// Pieces are looked for beside the file, in configs/, and in configs/ of the source tree.
Document compose(const std::string& path, const std::vector<std::string>& sets, const std::string& scale = "");

// One run: a config without `vary`, and the label of its arm ("base" where nothing varies).
struct Cell {
  std::string arm;
  Document document;
  RunConfig config;
  std::string identity = "";  // of the config; "": not known yet
};

// All cells of the product of the axes of `vary`:
//   {"arms": {"bn": {"model.norm": "batch_norm"}, ...}}     named sets of values
//   {"grid": {"train.learning_rate": [0.1, 0.5], ...}}      every combination
//   {"zip": {"a": [1, 2], "b": [3, 4]}}                     together, one by one
//   {"seeds": [1, 2, 3]} or {"seeds": {"from": 1, "count": 8}}
//   {"halton": {"count": 20, "ranges": {"train.learning_rate": {"from": 1e-4, "to": 1}, ...}}}   points that fill a box
//   {"blocks": [[axes], [axes], ...]}                       one product after the other
//   {"exclude": [{"model.norm": "batch_norm", "train.batch_size": 1}, ...]}   cells that are left out
// A list of values may be {"from": 1e-3, "to": 1, "count": 7, "scale": "log"}. A --set of the seed or of a path of a grid
// pins it. Every cell is read strictly before the first one runs.
std::vector<Cell> expand(const Document& document, const std::vector<std::string>& sets);

}  // namespace bnlab
