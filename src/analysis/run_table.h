// Finished and unfinished runs as rows whose columns have names: what `bnlab ls` shows and `compare` groups.
#pragma once

#include <nlohmann/json.hpp>

#include "experiment/index.h"

namespace bnlab {

struct TableRun {
  RunRecord record;
  Json config;  // resolved; null where it cannot be read
};

// Runs below root that meet all conditions PATH=PATTERN ('*' and '?' as in the shell). A PATH that no run has is an error.
std::vector<TableRun> load_runs(const std::string& root, const std::vector<std::string>& conditions);

// UsageError, with the nearest word, where no run has a field of that name; `option` is whose value it was ("--by").
void check_fields(const std::vector<TableRun>& runs, const std::vector<std::string>& names, const std::string& option);

// One run; FileError where the directory holds none.
TableRun load_run(const std::string& dir);

// What stands in a config at a path ("train.learning_rate"); null where there is nothing. All its paths.
const Json* at_path(const Json& config, const std::string& path);
std::vector<std::string> paths_of(const Json& config);

// A field of the record (name, arm, seed, state, why, step, seconds, commit, dir), a number of its summary
// ("test_accuracy", "hessian.eigenvalue_batch_max"), or a path of its config ("model.norm.name", "train.learning_rate"); a
// thing with options is its name. "" where the run has none.
std::string field(const TableRun& run, const std::string& name);

// The same arm over seeds.
struct Group {
  std::vector<std::string> key;  // a value for each field of `by`
  size_t n = 0, without = 0;  // runs with the number; runs without (diverged, failed, unfinished)
  double mean = 0, low = 0, high = 0, least = 0, most = 0;  // low .. high: the 95 % interval of the mean (Student's t), nan below 2 runs
  std::vector<size_t> twice;  // two of its runs that have one seed, so differ in something else: then there is no interval
};
// by: fields whose equal values make a group. measured: the number of each run, nan where it has none. A run is one
// observation; nothing else is.
std::vector<Group> group_runs(const std::vector<TableRun>& runs, const std::vector<std::string>& by, const std::vector<double>& measured);

}  // namespace bnlab
