// What lies in run directories, read back: of one sweep or of everything below a folder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/document.h"

namespace bnlab {

struct RunRecord {
  std::string dir, name, arm, state, why, commit;
  int64_t seed = 0, step = 0;
  double seconds = 0;
  std::map<std::string, double> measures;  // "test_accuracy", "distribution.median_...": of a finished run
};

// Every run below `root`, sorted by directory. Directories that are no runs, and files torn by a crash, are passed over. Those of
// `known` have just been read.
std::vector<RunRecord> find_runs(const std::string& root, const std::vector<RunRecord>& known = {});
// One directory; false where there is no run.
bool read_run(const std::string& dir, RunRecord& run);
// Its resolved config; null where it cannot be read.
Json config_of(const RunRecord& run);

// <root>/index.csv: name,arm,seed,state,step,seconds,commit,dir and every measure that any of them has.
void write_index(const std::string& root, const std::vector<RunRecord>& runs);

}  // namespace bnlab
