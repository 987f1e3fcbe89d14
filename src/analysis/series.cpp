#include "analysis/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"

namespace bnlab {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Form {
  std::string file;
  std::vector<std::string> values, filters;  // columns that are measured; that rows are chosen by
};
const std::vector<Form>& logs() {
  static const std::vector<Form> all{{"train", {"loss", "learning_rate", "gradient_norm"}, {"step"}},
                                     {"eval", {"loss", "accuracy"}, {"step", "split", "bn_mode"}}};
  return all;
}
const std::vector<std::string> filters_of_probes{"step", "layer", "bn_mode", "at", "note"};

const std::map<std::string, std::string>& shorts() {
  static const std::map<std::string, std::string> all = [] {
    std::map<std::string, std::string> out;
    for (const std::string split : {"train", "validation", "test"}) {
      for (const std::string score : {"loss", "accuracy"}) {
        for (const std::string mode : {"running", "batch", "recalibrated"}) {
          out[split + "_" + score + (mode == "running" ? "" : "_" + mode)] = fmt::format("eval:{}[split={},bn_mode={}]", score, split, mode);
        }
      }
    }
    return out;
  }();
  return all;
}

[[noreturn]] void unknown(const std::string& what, const std::string& word, const std::vector<std::string>& known) {
  throw UsageError(fmt::format("unknown {} '{}'{} (known: {})", what, word, did_you_mean(word, known), join(known)));
}

bool is_word(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

std::vector<std::string> probes_of(const std::string& dir) {
  std::set<std::string> out;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(dir + "/probes", none)) {
    if (entry.path().extension() == ".csv") out.insert(entry.path().stem().string());
  }
  return {out.begin(), out.end()};
}

}  // namespace

const Csv* RunData::file(const std::string& name) {
  auto [at, fresh] = files_.try_emplace(name);
  const std::string path = run_.record.dir + "/" + name;
  if (fresh && is_file(path)) at->second = Csv::read(path);
  return at->second ? &*at->second : nullptr;
}

bool Series::Filter::passes(std::string_view field) const {
  const auto number = to_number(field), bound = to_number(value);
  if (relation == "=") return number && bound ? *number == *bound : matches(value, field);
  return number && bound && (relation == ">=" ? *number >= *bound : *number <= *bound);
}

Series::Filter Series::parse_filter(const std::string& text, const std::vector<std::string>& known) {
  const size_t at = text.find_first_of("=<>");
  if (at == std::string::npos) throw UsageError(fmt::format("filter '{}': expected COLUMN=PATTERN, or step>=NUMBER, step<=NUMBER", text));
  Filter filter{text.substr(0, at), text.substr(at, text[at] == '=' ? 1 : 2), ""};
  filter.value = text.substr(at + filter.relation.size());
  if (std::find(known.begin(), known.end(), filter.column) == known.end()) unknown("filter", filter.column, known);
  if (filter.relation == "=") return filter;
  if (filter.relation != ">=" && filter.relation != "<=") throw UsageError(fmt::format("filter '{}': expected =, >= or <=", text));
  if (filter.column != "step" && filter.column != "at") throw UsageError(fmt::format("filter '{}': only step and at have an order", text));
  const auto bound = to_number(filter.value);
  if (!bound || std::isnan(*bound)) throw UsageError(fmt::format("filter '{}': '{}' is no number", text, filter.value));
  return filter;
}

Series Series::parse(const std::string& text) {
  const size_t bracket = std::min(text.find('['), text.size());
  std::string name = text.substr(0, bracket), filters = text.substr(bracket);
  if (!filters.empty() && filters.back() != ']') throw UsageError(fmt::format("'{}': expected ']' at the end", text));
  if (!filters.empty()) filters = filters.substr(1, filters.size() - 2);
  if (name.find(':') == std::string::npos) {
    const auto at = shorts().find(name);
    if (at == shorts().end()) {
      std::vector<std::string> known;
      for (const Form& form : logs()) {
        for (const auto& column : form.values) known.push_back(form.file + ":" + column);
      }
      for (const char* short_one : {"train_loss", "train_accuracy", "test_loss", "test_accuracy"}) known.push_back(short_one);
      throw UsageError(fmt::format("unknown series '{}'{} (known: {}, PROBE:METRIC)", name, did_you_mean(name, known), join(known)));
    }
    const size_t inner = at->second.find('[');
    filters = at->second.substr(inner + 1, at->second.size() - inner - 2) + (filters.empty() ? "" : "," + filters);
    name = at->second.substr(0, inner);
  }
  const size_t colon = name.find(':');
  const std::string file = name.substr(0, colon), column = name.substr(colon + 1);
  if (!is_word(file)) throw UsageError(fmt::format("'{}': expected train, eval or a probe before the colon", text));
  if (!is_word(column)) throw UsageError(fmt::format("'{}': expected a column or a metric behind the colon", text));
  Series out;
  const auto log = std::find_if(logs().begin(), logs().end(), [&](const Form& form) { return form.file == file; });
  out.of_probe_ = log == logs().end();
  if (out.of_probe_) {
    out.file_ = "probes/" + file + ".csv", out.column_ = "value", out.metric_ = column;
  } else {
    out.file_ = file + ".csv", out.column_ = column;
    if (std::find(log->values.begin(), log->values.end(), column) == log->values.end()) unknown(fmt::format("column of {}", out.file_), column, log->values);
  }
  if (filters.empty()) return out;
  for (const std::string& filter : split(filters, ',')) out.filters_.push_back(parse_filter(filter, out.of_probe_ ? filters_of_probes : log->filters));
  return out;
}

Points Series::of(RunData& run) const {
  Points out;
  const Csv* csv = run.file(file_);
  if (!csv) {
    const std::string name = std::filesystem::path(file_).stem().string();
    const auto known = of_probe_ ? probes_of(run.run().record.dir) : std::vector<std::string>{};
    out.why = "there is no " + file_ + did_you_mean(name, known) + (known.empty() ? "" : " (known: " + join(known) + ")"), out.unknown = true;
    return out;
  }
  if (csv->rows() == 0) {
    out.why = file_ + " has no rows";
    return out;
  }
  const size_t step = csv->column("step"), value = csv->column(column_), metric = of_probe_ ? csv->column("metric") : 0, at = of_probe_ ? csv->column("at") : 0, note = of_probe_ ? csv->column("note") : 0;
  std::vector<size_t> columns, passed(filters_.size());
  for (const Filter& filter : filters_) columns.push_back(csv->column(filter.column));
  std::set<std::string_view> metrics;
  bool any = false;
  std::string_view noted;
  for (size_t row = 0; row < csv->rows(); ++row) {
    if (of_probe_ && csv->text(row, metric) != metric_) {
      metrics.insert(csv->text(row, metric));
      continue;
    }
    any = true;
    size_t k = 0;
    while (k < filters_.size() && filters_[k].passes(csv->text(row, columns[k]))) ++passed[k++];
    if (k < filters_.size()) continue;
    const double number = csv->number(row, value);
    if (of_probe_ && std::isnan(number) && !csv->text(row, note).empty()) {
      noted = csv->text(row, note);
    } else {
      out.points.push_back({csv->number(row, step), number, of_probe_ && !csv->text(row, at).empty() ? csv->number(row, at) : nan});
    }
  }
  if (!out.points.empty()) return out;
  if (!any) {
    const std::vector<std::string> known(metrics.begin(), metrics.end());
    out.why = fmt::format("{} has no metric '{}'{} (known: {})", file_, metric_, did_you_mean(metric_, known), join(known)), out.unknown = true;
  } else if (!noted.empty()) {
    out.why = std::string(noted);
  } else {  // the first filter that leaves nothing of what those before it have left
    const size_t none = static_cast<size_t>(std::find(passed.begin(), passed.end(), size_t{0}) - passed.begin());
    std::vector<std::string> before;
    for (size_t k = 0; k < none; ++k) before.push_back(filters_[k].text());
    out.why = fmt::format("no row of {}{} has {}", file_, before.empty() ? "" : " with " + join(before), filters_[none].text());
  }
  return out;
}

}  // namespace bnlab
