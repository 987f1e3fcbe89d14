// A series of a run: numbers of one of its CSV files with the step of each, chosen by filters.
//   train:loss   eval:accuracy[split=test,bn_mode=running]   landscape:beta_smoothness[bn_mode=batch,step>=100]
// A file is train, eval or a probe; behind the colon stands a column, or a metric of the probe. `test_accuracy` is short for
// eval:accuracy[split=test,bn_mode=running], and so are train_loss, validation_accuracy_batch, ...
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analysis/run_table.h"
#include "core/csv.h"

namespace bnlab {

// A run with those of its files that somebody has asked for, each read once.
class RunData {
 public:
  explicit RunData(const TableRun& run) : run_(run) {}
  const TableRun& run() const { return run_; }
  // "train.csv", "probes/hessian.csv"; null where there is none.
  const Csv* file(const std::string& name);

 private:
  const TableRun& run_;
  std::map<std::string, std::optional<Csv>> files_;
};

struct Point {
  double step, value;
  double at;  // nan where the row has none
};

// Points in the order of the file, or why there are none. Rows without a number that say why (`note`) are left out.
struct Points {
  std::vector<Point> points;
  std::string why;
  bool unknown = false;  // because nothing in the run goes by that name
};

class Series {
 public:
  // UsageError
  static Series parse(const std::string& text);
  Points of(RunData& run) const;
  const std::string& file() const { return file_; }
  bool has_at() const { return of_probe_; }

 private:
  struct Filter {
    std::string column, relation, value;
    bool passes(std::string_view field) const;
    std::string text() const { return column + relation + value; }
  };
  static Filter parse_filter(const std::string& text, const std::vector<std::string>& known);
  std::string file_, column_, metric_;
  bool of_probe_ = false;
  std::vector<Filter> filters_;
};

}  // namespace bnlab
