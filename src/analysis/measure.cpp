#include "analysis/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/reducers.h"
#include "core/error.h"
#include "core/text.h"
#include "experiment/run_directory.h"

namespace bnlab {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();

bool ended(const TableRun& run) { return run.record.state == "completed" || run.record.state == "diverged"; }
bool diverged(const RunData& run) { return run.run().record.state == "diverged"; }

Measured of_summary(const std::string& name, const RunData& run) {
  const auto& measures = run.run().record.measures;
  if (const auto at = measures.find(name); at != measures.end()) return {at->second, std::isnan(at->second) ? name + " of summary.json is no number" : ""};
  std::vector<std::string> known;
  for (const auto& [key, value] : measures) known.push_back(key);
  return {nan, fmt::format("summary.json has no '{}'{} (known: {})", name, did_you_mean(name, known), join(known)), true};
}

Measured of_config(const std::string& path, const RunData& run) {
  const Json* found = at_path(run.run().config, path);
  if (!found) return {nan, fmt::format("the config has no '{}'{}", path, did_you_mean(path, paths_of(run.run().config))), true};
  const double value = number_of(*found);
  return {value, std::isnan(value) ? fmt::format("{} of the config is no number", path) : ""};
}

// Where brackets do not match, what is missing.
void check_brackets(const std::string& text) {
  std::string open;
  for (const char c : text) {
    if (c == '(' || c == '[') open += c == '(' ? ')' : ']';
    if (c != ')' && c != ']') continue;
    if (open.empty() || open.back() != c) throw UsageError(open.empty() ? fmt::format("a '{}' too many", c) : fmt::format("expected '{}' before '{}'", open.back(), c));
    open.pop_back();
  }
  if (!open.empty()) throw UsageError(fmt::format("missing '{}'", open.back()));
}

// Places of operators: one of + - * / between blanks, outside brackets.
std::vector<size_t> operators(const std::string& text) {
  std::vector<size_t> out;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '(' || text[i] == '[';
    depth -= text[i] == ')' || text[i] == ']';
    if (depth == 0 && i > 0 && i + 1 < text.size() && text[i - 1] == ' ' && text[i + 1] == ' ' && std::string("+-*/").find(text[i]) != std::string::npos) out.push_back(i);
  }
  return out;
}

double joined(double a, char operation, double b) {
  return operation == '+' ? a + b : operation == '-' ? a - b : operation == '*' ? a * b : a / b;
}

}  // namespace

bool Measure::is_formula(const std::string& text) { return text == "diverged" || text.find('(') != std::string::npos || !operators(text).empty(); }

Measure Measure::parse(const std::string& text) {
  Measure out;
  out.text_ = trimmed(text);
  try {
    check_brackets(out.text_);
    const auto at = operators(out.text_);
    if (at.size() > 1) throw UsageError("at most one operator can stand between two terms");
    if (at.size() == 1) out.operation_ = out.text_[at[0]];
    const std::string_view all = out.text_;
    out.terms_.push_back(out.term(std::string(trimmed(all.substr(0, at.empty() ? all.size() : at[0])))));
    if (!at.empty()) out.terms_.push_back(out.term(std::string(trimmed(all.substr(at[0] + 1)))));
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("measure '{}': {}", out.text_, error.what()));
  }
  return out;
}

Measure::Term Measure::term(const std::string& text) {
  if (const auto value = to_number(text); value && !std::isnan(*value)) return [v = *value](RunData&) { return Measured{v}; };
  if (text == "diverged") {
    holds_when_diverged_ = true;
    return [](RunData& run) { return Measured{diverged(run) ? 1.0 : 0.0}; };
  }
  const size_t bracket = text.find('(');
  if (bracket != std::string::npos) {
    if (text.back() != ')') throw UsageError(fmt::format("expected an operator between blanks behind ')': '{}'", text));
    return reduced(text.substr(0, bracket), split(text.substr(bracket + 1, text.size() - bracket - 2), ','));
  }
  if (text.find_first_of(":[") != std::string::npos) throw UsageError(fmt::format("a series needs a reducer: last({})", text));
  if (text.empty() || text.find(' ') != std::string::npos) throw UsageError(fmt::format("expected a number of summary.json, REDUCER(SERIES), config(PATH), diverged or a number, got '{}'", text));
  return [text](RunData& run) { return of_summary(text, run); };
}

Measure::Term Measure::reduced(const std::string& name, const std::vector<std::string>& arguments) {
  if (name == "config") {
    if (arguments.size() != 1 || arguments[0].empty()) throw UsageError("config: expected config(PATH)");
    return [path = arguments[0]](RunData& run) { return of_config(path, run); };
  }
  std::vector<std::string> known;
  for (const Reducer& reducer : reducers()) known.push_back(reducer.name);
  const auto found = std::find(known.begin(), known.end(), name);
  if (found == known.end()) throw UsageError(fmt::format("unknown reducer '{}'{} (known: {}, config)", name, did_you_mean(name, known), join(known)));
  const Reducer& reducer = reducers()[static_cast<size_t>(found - known.begin())];
  const bool takes_number = !reducer.number.empty();
  if (arguments.size() != (takes_number ? 2 : 1)) throw UsageError(fmt::format("{0}: expected {0}({1}), {2}", name, takes_number ? "SERIES, NUMBER" : "SERIES", takes_number ? "the number is " + reducer.number : "and nothing more"));
  const Series series = Series::parse(arguments[0]);
  if (reducer.against_at && !series.has_at()) throw UsageError(fmt::format("{}: {} has no column `at`; those of probes have", name, series.file()));
  const auto number = takes_number ? to_number(arguments[1]) : 0;
  if (!number || std::isnan(*number)) throw UsageError(fmt::format("{}: '{}' is no number", name, arguments[1]));
  if (name == "quantile" && !(*number >= 0 && *number <= 1)) throw UsageError(fmt::format("quantile: {} is not in 0 to 1", *number));
  const bool arrives = name == "time_to";
  holds_when_diverged_ |= arrives;
  return [series, reducer, n = *number, arrives](RunData& run) -> Measured {
    const Points points = series.of(run);
    if (arrives && diverged(run) && run.file(series.file())) return {infinite, points.why, points.unknown};
    if (points.points.empty()) return {nan, points.why, points.unknown};
    Measured out{nan};
    out.value = reducer.reduce(points.points, n, out.why);
    if (std::isnan(out.value) && out.why.empty()) {
      const auto& all = points.points;
      const auto gap = std::find_if(all.begin(), all.end(), [](const Point& p) { return std::isnan(p.value); });
      out.why = gap == all.end() ? series.file() + " has infinite numbers" : fmt::format("{} has nan at step {}", series.file(), gap->step);
    }
    return out;
  };
}

Measured Measure::of(RunData& run) const {
  if (!ended(run.run())) return {nan, "the run is " + run.run().record.state};
  const Measured first = terms_[0](run);
  if (terms_.size() == 1 || !first.why.empty()) return first;
  const Measured second = terms_[1](run);
  if (!second.why.empty()) return second;
  const double value = joined(first.value, operation_, second.value);
  return {value, std::isnan(value) ? fmt::format("{} {} {} is no number", first.value, operation_, second.value) : ""};
}

std::vector<std::vector<Measured>> measure_all(const std::vector<Measure>& measures, const std::vector<TableRun>& runs) {
  std::vector<std::vector<Measured>> out;
  for (const TableRun& run : runs) {
    RunData data(run);
    out.emplace_back();
    for (const Measure& measure : measures) out.back().push_back(measure.of(data));
  }
  for (size_t m = 0; m < measures.size(); ++m) {
    const Measured* unknown = nullptr;
    bool known = false;
    for (size_t i = 0; i < runs.size(); ++i) {
      if (out[i][m].unknown) unknown = &out[i][m];
      known |= !out[i][m].unknown && ended(runs[i]);
    }
    if (unknown && !known) throw UsageError(fmt::format("measure '{}': {}", measures[m].text(), unknown->why));
  }
  return out;
}

}  // namespace bnlab
