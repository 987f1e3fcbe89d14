// ls, compare, diff, tail, rm: runs that are there already.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "analysis/run_table.h"
#include "cli/commands/commands.h"
#include "core/environment.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "experiment/run_directory.h"

namespace bnlab {
namespace {

std::string short_number(double value) { return std::isnan(value) ? "-" : fmt::format("{:.4g}", value); }

void print_rows(const std::vector<std::vector<std::string>>& rows, bool csv) {
  if (!csv) {
    fmt::print("{}", aligned(rows));
    return;
  }
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (const auto& cell : row) cells.push_back(csv_field(cell));
    fmt::print("{}\n", join(cells, ","));
  }
}

void compare_json(const Json& a, const Json& b, const std::string& path, std::vector<std::vector<std::string>>& rows) {
  if (a.is_object() && b.is_object()) {
    for (const auto& [key, value] : a.items()) compare_json(value, b.contains(key) ? b[key] : Json(), path.empty() ? key : path + "." + key, rows);
    for (const auto& [key, value] : b.items()) {
      if (!a.contains(key)) compare_json(Json(), value, path.empty() ? key : path + "." + key, rows);
    }
  } else if (a != b) {
    rows.push_back({path, a.is_null() ? "-" : a.dump(), b.is_null() ? "-" : b.dump()});
  }
}

TableRun load_one(const std::string& dir) {
  TableRun run;
  if (!read_run(dir, run.record)) throw FileError(dir, "is no run directory (there is no status.json)");
  run.config = config_of(run.record);
  return run;
}

}  // namespace

int ls_command(const LsArguments& arguments) {
  const std::vector<TableRun> runs = load_runs(arguments.root, arguments.where);
  if (arguments.index) {
    std::vector<RunRecord> records;
    for (const auto& run : runs) records.push_back(run.record);
    write_index(arguments.root, records);
    fmt::print("{}/index.csv: {} runs\n", arguments.root, records.size());
    return 0;
  }
  std::vector<std::string> columns = arguments.columns;
  if (columns.empty()) columns = {"name", "arm", "seed", "state", "step", "seconds", "test_accuracy", "train_loss", "dir"};
  if (arguments.json) {
    for (const auto& run : runs) {
      Json line = Json::object();
      for (const auto& column : columns) line[column] = run.record.measures.contains(column) ? json_number(run.record.measures.at(column)) : Json(field(run, column));
      fmt::print("{}\n", line.dump());
    }
    return 0;
  }
  std::vector<std::vector<std::string>> rows{columns};
  for (const auto& run : runs) {
    std::vector<std::string> row;
    for (const auto& column : columns) {
      const bool shorten = !arguments.csv && run.record.measures.contains(column);
      const std::string text = shorten ? short_number(run.record.measures.at(column)) : field(run, column);
      row.push_back(text.empty() && !arguments.csv ? "-" : text);
    }
    rows.push_back(row);
  }
  print_rows(rows, arguments.csv);
  return 0;
}

int compare_command(const CompareArguments& arguments) {
  const std::vector<TableRun> runs = load_runs(arguments.root, arguments.where);
  std::vector<std::string> measures = arguments.measures;
  if (measures.empty()) measures = {"test_accuracy"};
  std::vector<std::vector<std::string>> rows{arguments.by};
  for (const char* title : {"measure", "n", "without", "mean", "95 % from", "to", "least", "most"}) rows[0].push_back(title);
  for (const auto& measured : measures) {
    bool any = false;
    for (const auto& run : runs) any |= run.record.measures.contains(measured);
    if (!any && !runs.empty()) {
      std::vector<std::string> known;
      for (const auto& [key, value] : runs[0].record.measures) known.push_back(key);
      throw UsageError(fmt::format("--measure: no run has '{}'{} (known: {})", measured, did_you_mean(measured, known), join(known)));
    }
    for (const Group& g : group_runs(runs, arguments.by, measured)) {
      auto show = [&](double value) { return arguments.csv ? number(value) : short_number(value); };
      rows.push_back(g.key);
      for (const std::string& cell : {measured, std::to_string(g.n), std::to_string(g.without), show(g.mean), show(g.low), show(g.high), show(g.least), show(g.most)}) rows.back().push_back(cell);
    }
  }
  print_rows(rows, arguments.csv);
  return 0;
}

int diff_command(const std::string& a, const std::string& b) {
  const TableRun one = load_one(a), other = load_one(b);
  std::vector<std::vector<std::string>> rows{{"path", a, b}};
  compare_json(one.config, other.config, "", rows);
  for (const auto& [key, value] : one.record.measures) {
    const auto at = other.record.measures.find(key);
    if (at != other.record.measures.end() && !(at->second == value || (std::isnan(value) && std::isnan(at->second)))) rows.push_back({"= " + key, number(value), number(at->second)});
  }
  if (one.record.commit != other.record.commit) rows.push_back({"commit", one.record.commit, other.record.commit});
  if (rows.size() == 1) {
    fmt::print("the same config, the same numbers\n");
    return 0;
  }
  fmt::print("{}", aligned(rows));
  return 0;
}

int tail_command(const std::string& dir, int lines, bool follow) {
  load_one(dir);
  const std::string path = dir + "/train.csv";
  catch_signals();
  size_t shown = 0;
  for (;;) {
    const std::string text = is_file(path) ? read_text(path) : "";
    if (shown == 0) {
      const std::string title = text.substr(0, text.find('\n'));
      size_t begin = text.size();
      for (int k = 0; k <= lines && begin > 0; ++k) {
        const size_t before = text.rfind('\n', begin - 1);
        begin = before == std::string::npos ? 0 : before;
      }
      if (begin > 0) fmt::print("{}\n", title);
      fmt::print("{}", text.substr(begin > 0 ? begin + 1 : 0));
    } else if (text.size() > shown) {
      fmt::print("{}", text.substr(shown));
    }
    std::fflush(stdout);
    shown = text.size();
    const std::string state = load_one(dir).record.state;
    if (!follow || state != "running" || stop_requested()) {
      fmt::print(stderr, "{}: {}\n", dir, state);
      return 0;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

int rm_command(const std::string& root, const std::vector<std::string>& where, bool yes) {
  if (where.empty()) throw UsageError("rm: needs --where, e.g. --where state=failed or --where name=pilot");
  const std::vector<TableRun> runs = load_runs(root, where);
  for (const auto& run : runs) {
    if (run.record.state == "running" && RunDirectory::at_work(run.record.dir)) throw FileError(run.record.dir, "a process is at work here");
    fmt::print("{}{}\n", run.record.dir, yes ? "" : " (would go)");
    if (!yes) continue;
    std::filesystem::remove_all(run.record.dir);
    std::error_code not_empty;
    std::filesystem::remove(std::filesystem::path(run.record.dir).parent_path(), not_empty);
  }
  fmt::print("{} runs{}\n", runs.size(), yes ? " removed" : "; --yes removes them");
  return 0;
}

}  // namespace bnlab
