// What figures are drawn from: the runs of a directory, a sweep or an experiment, or what results/<paper>/<claim>/
// keeps.
#pragma once

#include <deque>
#include <optional>

#include "analysis/series.h"

namespace bnlab {

struct Arm {
  std::string name;
  std::vector<RunData*> runs;  // in the order of seeds; none where only curves are kept
};

// A score of a whole split, with running statistics.
struct Score {
  std::string arm, split;
  int64_t seed;
  double step, loss, accuracy;
};

struct Evidence {
  std::string title, what;         // what: the experiment, in a sentence
  std::vector<std::string> asked;  // as on the command line
  std::string out;                 // where the runs of experiments are; "" where it was not asked for
  std::deque<TableRun> runs;
  std::deque<RunData> data;  // of each run
  std::vector<Arm> arms;     // in the order of the runs
  std::vector<Score> scores;
  Json tuned, verdict, manifest;  // null where there is none
  std::optional<Csv> kept;        // runs.csv of a folder whose runs are gone
  size_t most_rows = 1600;        // of a figure: what a browser draws, and finds under a mouse, at once

  bool one_run() const { return runs.size() == 1; }
  size_t seeds() const;  // the largest number of runs of an arm
  std::vector<std::string> arm_names() const;
};

// asked: run directories, directories of runs, experiments (a file, or a name below experiments/), or folders of
// results. FileError where nothing is there, UsageError with the nearest word where it is not known.
Evidence collect(const std::vector<std::string>& asked, const std::string& out, const std::string& scale = "");

// Rows of one probe of one run that have a number, in the order of the file.
struct Reading {
  double step, at, value;  // at: nan where there is none
  std::string_view layer, metric, mode;
};
std::vector<Reading> readings(RunData& run, const std::string& probe, const std::vector<std::string>& metrics,
                              const std::string& mode = "");

// Which of the modes of statistics that a probe has is drawn: `batch`, else the first.
std::string mode_of(const Evidence& evidence, const std::string& probe);

}  // namespace bnlab
