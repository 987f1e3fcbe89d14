// An experiment file: a config with `vary`, and beside it
//   tune    {"path": "train.learning_rate", "values": [...], "seeds": [...], "measure": "test_accuracy", "goal": "max"}
//           a value that each arm chooses for itself, on seeds of its own, before the runs that count
//   claims  what the runs are to decide (read by whoever judges them: analysis/claims.h)
//   scales  other sizes of the same question: "quick" to see it work, "full" as published; the body is "standard"
//   about   {"paper": "...", "what": "..."}
#pragma once

#include <optional>

#include "experiment/cells.h"

namespace bnlab {

struct Tuning {
  std::string path, measure = "test_accuracy", goal = "max";
  std::vector<Json> values;
  std::vector<int64_t> seeds;
};

struct Experiment {
  std::string name, scale, paper, what;
  std::vector<Cell> cells;
  std::optional<Tuning> tuning;
  Document document;  // as it was composed
};

Experiment read_experiment(const std::string& path, const std::vector<std::string>& sets, const std::string& scale = "");
std::vector<std::string> scales_of(const Document& document);  // "standard" first

// The runs that tune: every arm (cells that differ in nothing but the seed) with every value and every seed of the
// tuning, under the name "<name>.tuning". arm_of[i]: index of the first cell of the arm that cell i tunes.
struct TuningCells {
  std::vector<Cell> cells;
  std::vector<size_t> arm_of, value_of;
};
TuningCells tuning_cells(const Experiment& experiment);

std::vector<Cell> every_cell(const Experiment& experiment);  // those that count (untuned), then those that tune
// One of those that differ in nothing but the seed and the learning rate, and so are all wrong or all right.
std::vector<Cell> distinct_cells(const Experiment& experiment);

// What an arm has chosen.
struct Chosen {
  std::string arm;
  size_t value = 0;
  bool at_edge = false;               // the best is the smallest or largest value that was tried
  std::vector<double> means;          // of the measure, by value; the worst possible where a run diverged
};
// measured[i]: the measure of tuning cell i, nan where it diverged or failed.
std::vector<Chosen> choose(const Experiment& experiment, const TuningCells& tuning, const std::vector<double>& measured);
// The cells that count, each with what its arm has chosen.
std::vector<Cell> tuned_cells(const Experiment& experiment, const std::vector<Chosen>& chosen);
Json to_json(const Experiment& experiment, const std::vector<Chosen>& chosen);
// The cells that count, each with what tuned.json below out/<name> says. FileError where that is not there, or of other values.
std::vector<Cell> tuned_cells_below(const Experiment& experiment, const std::string& out);

}  // namespace bnlab
