// ls, compare, diff, tail, rm: runs that are there already.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <thread>

#include "analysis/measure.h"
#include "cli/commands/commands.h"
#include "core/environment.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "experiment/run_directory.h"
#include "report/sparkline.h"

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

// What two runs of one seed have different: at most three paths of their configs.
std::vector<std::string> differences(const TableRun& a, const TableRun& b) {
  std::vector<std::vector<std::string>> rows;
  compare_json(a.config, b.config, "", rows);
  std::vector<std::string> out;
  for (const auto& row : rows) {
    if (out.size() < 3) out.push_back(row[0]);
  }
  if (rows.size() > 3) out.push_back(fmt::format("{} more", rows.size() - 3));
  return out.empty() ? std::vector<std::string>{"dir"} : out;
}

// Of a list with commas; one inside brackets parts nothing.
std::vector<std::string> listed(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const auto& word : words) {
    for (auto& part : split(word, ',')) out.push_back(std::move(part));
  }
  return out;
}

std::string shown(double value, bool exactly) { return exactly ? (std::isnan(value) ? "" : number(value)) : short_number(value); }

// A heading without a row answers nothing.
void say_of_none(const std::vector<TableRun>& runs, const std::string& root) {
  if (runs.empty()) fmt::print(stderr, "note: no runs found below {}\n", root);
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
  std::vector<std::string> columns = listed(arguments.columns);
  say_of_none(runs, arguments.root);
  if (columns.empty()) columns = {"name", "arm", "seed", "state", "step", "seconds", "test_accuracy", "train_loss", "dir"};
  std::vector<Measure> formulas;
  std::map<std::string, size_t> formula_of;
  for (const auto& column : columns) {
    if (Measure::is_formula(column) && formula_of.try_emplace(column, formulas.size()).second) formulas.push_back(Measure::parse(column));
  }
  std::vector<std::string> plain;
  for (const auto& column : arguments.columns.empty() ? std::vector<std::string>{} : columns) {
    if (!formula_of.contains(column)) plain.push_back(column);
  }
  check_fields(runs, plain, "--columns");
  const auto measured = measure_all(formulas, runs);
  std::vector<std::vector<std::string>> rows{columns};
  for (size_t i = 0; i < runs.size(); ++i) {
    const auto& measures = runs[i].record.measures;
    Json line = Json::object();
    rows.emplace_back();
    for (const auto& column : columns) {
      const bool formula = formula_of.contains(column);
      if (formula || measures.contains(column)) {
        const double value = formula ? measured[i][formula_of.at(column)].value : measures.at(column);
        line[column] = formula && std::isnan(value) ? Json() : json_number(value);
        rows.back().push_back(shown(value, arguments.csv));
      } else {
        const std::string text = field(runs[i], column);
        line[column] = text;
        rows.back().push_back(text.empty() && !arguments.csv ? "-" : text);
      }
    }
    if (arguments.json) fmt::print("{}\n", line.dump());
  }
  if (!arguments.json) print_rows(rows, arguments.csv);
  return 0;
}

int compare_command(const CompareArguments& arguments) {
  const std::vector<TableRun> runs = load_runs(arguments.root, arguments.where);
  say_of_none(runs, arguments.root);
  std::vector<std::string> by = arguments.by;
  if (by.empty()) {
    by = {"arm"};
    if (std::any_of(runs.begin(), runs.end(), [&](const TableRun& run) { return run.record.name != runs[0].record.name; })) by = {"name", "arm"};
  }
  check_fields(runs, by, "--by");
  std::vector<Measure> measures;
  for (const auto& text : listed(arguments.measures.empty() ? std::vector<std::string>{"test_accuracy"} : arguments.measures)) measures.push_back(Measure::parse(text));
  const auto measured = measure_all(measures, runs);
  std::vector<std::vector<std::string>> rows{by};
  for (const char* title : {"measure", "n", "without", "mean", "95 % from", "to", "least", "most"}) rows[0].push_back(title);
  for (size_t m = 0; m < measures.size(); ++m) {
    std::vector<double> values;
    std::map<std::string, size_t> gaps;
    for (size_t i = 0; i < runs.size(); ++i) {
      const bool gap = runs[i].record.state == "diverged" && !measures[m].holds_when_diverged();
      values.push_back(gap ? std::nan("") : measured[i][m].value);
      if (std::isnan(values.back())) ++gaps[gap ? "the run is diverged" : measured[i][m].why];
    }
    for (const auto& [why, count] : gaps) fmt::print(stderr, "note: {}: {} of {} runs are without: {}\n", measures[m].text(), count, runs.size(), why);
    for (const Group& g : group_runs(runs, by, values)) {
      if (m == 0 && !g.twice.empty()) fmt::print(stderr, "note: {}: runs of one seed that differ in {}; more of --by, or --where, tells them apart; no interval\n", join(g.key), join(differences(runs[g.twice[0]], runs[g.twice[1]])));
      if (arguments.json) {
        Json line = Json::object();
        for (size_t k = 0; k < by.size(); ++k) line[by[k]] = g.key[k];
        line["measure"] = measures[m].text(), line["n"] = g.n, line["without"] = g.without;
        for (const auto& [key, value] : {std::pair{"mean", g.mean}, {"low", g.low}, {"high", g.high}, {"least", g.least}, {"most", g.most}}) line[key] = std::isnan(value) ? Json() : json_number(value);
        fmt::print("{}\n", line.dump());
        continue;
      }
      auto show = [&](double value) { return arguments.csv ? number(value) : short_number(value); };
      rows.push_back(g.key);
      for (const std::string& cell : {measures[m].text(), std::to_string(g.n), std::to_string(g.without), show(g.mean), show(g.low), show(g.high), show(g.least), show(g.most)}) rows.back().push_back(cell);
    }
  }
  if (!arguments.json) print_rows(rows, arguments.csv);
  return 0;
}

int diff_command(const std::string& a, const std::string& b) {
  const TableRun one = load_run(a), other = load_run(b);
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

namespace {

// On a terminal: the run in a few lines, drawn over themselves until it ends.
int watch(const std::string& dir, bool follow) {
  size_t above = 0;
  for (;;) {
    const std::string state = load_run(dir).record.state, pulse = pulse_of(dir, 60);
    if (above > 0) fmt::print("\033[{}A\033[J", above);
    fmt::print("{}", pulse);
    std::fflush(stdout);
    above = static_cast<size_t>(std::count(pulse.begin(), pulse.end(), '\n'));
    if (!follow || state != "running" || stop_requested()) {
      fmt::print(stderr, "{}: {}\n", dir, state);
      return 0;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

}  // namespace

int tail_command(const std::string& dir, int lines, bool follow, bool spark) {
  load_run(dir);
  const std::string path = dir + "/train.csv";
  catch_signals();
  if (spark) return watch(dir, follow);
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
    const std::string state = load_run(dir).record.state;
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
