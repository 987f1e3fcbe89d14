#include "report/figures/heat_maps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "analysis/run_table.h"
#include "core/stats.h"
#include "core/text.h"

namespace bnlab {
namespace {

std::string measure_of(const Evidence& e) {
  for (const char* measure : {"test_accuracy", "test_loss", "train_loss"}) {
    for (const TableRun& run : e.runs) {
      const auto at = run.record.measures.find(measure);
      if (at != run.record.measures.end() && std::isfinite(at->second)) return measure;
    }
  }
  return "train_loss";
}

// Numbers before words, small before large.
bool before(const std::string& a, const std::string& b) {
  const auto x = to_number(a), y = to_number(b);
  if (x && y) return *x < *y;
  return x && !y;
}

std::vector<std::string> sorted_set(std::vector<std::string> words) {
  std::vector<std::string> out;
  for (const auto& word : words) {
    if (std::find(out.begin(), out.end(), word) == out.end()) out.push_back(word);
  }
  std::stable_sort(out.begin(), out.end(), before);
  return out;
}

}  // namespace

std::vector<std::string> methods_of(const Evidence& e, const std::vector<std::string>& apart) {
  std::set<std::string> paths;
  for (const TableRun& run : e.runs) {
    for (const auto& path : paths_of(run.config)) paths.insert(path);
  }
  std::vector<std::string> telling;
  for (const auto& path : paths) {
    if (!path.starts_with("model.") || std::find(apart.begin(), apart.end(), path) != apart.end()) continue;
    const auto above = std::find_if(telling.begin(), telling.end(),
                                    [&](const std::string& one) { return path.starts_with(one + "."); });
    std::map<std::string, std::set<std::string>> values;  // an option tells where it differs among runs of one component
    for (const TableRun& run : e.runs) values[above == telling.end() ? "" : field(run, *above)].insert(field(run, path));
    if (std::any_of(values.begin(), values.end(), [](const auto& one) { return one.second.size() > 1; }))
      telling.push_back(path);
  }
  std::vector<std::string> out;
  for (const TableRun& run : e.runs) {
    std::vector<std::string> words;
    for (const auto& path : telling) {
      if (std::string word = field(run, path); !word.empty()) words.push_back(std::move(word));
    }
    out.push_back(words.empty() ? "all runs" : join(words));
  }
  return out;
}

bool draw_heat_map(Evidence& e, const HeatMap& map, Figure& figure) {
  const std::string measure = measure_of(e);
  const bool of_methods = map.y == "method";
  const auto methods = methods_of(e, {map.x, map.y});
  struct Cell {
    std::string method, x, y;
  };
  std::vector<std::string> xs, ys;
  std::map<std::vector<std::string>, std::pair<std::vector<double>, size_t>> cells;  // values, and how many diverged
  for (size_t i = 0; i < e.runs.size(); ++i) {
    const TableRun& run = e.runs[i];
    const std::string x = field(run, map.x), y = of_methods ? methods[i] : field(run, map.y);
    if (x.empty() || y.empty() || !to_number(x)) return false;
    xs.push_back(x), ys.push_back(y);
    auto& cell = cells[{of_methods ? "" : methods[i], x, y}];
    const auto at = run.record.measures.find(measure);
    if (run.record.state == "diverged")
      ++cell.second;
    else if (at != run.record.measures.end() && std::isfinite(at->second))
      cell.first.push_back(at->second);
  }
  xs = sorted_set(xs), ys = sorted_set(ys);
  if (xs.size() < 2 || ys.size() < 2) return false;
  std::set<std::pair<std::string, std::string>> filled;
  for (const auto& [key, cell] : cells) filled.insert({key[1], key[2]});
  if (filled.size() <= std::max(xs.size(), ys.size())) return false;  // the two go together: a line, no map
  figure.rows.columns = {"method", map.x_title, map.y_title, measure, "runs", "diverged", "text", "on"};
  std::vector<std::string> panels;
  auto value_of = [](const auto& cell) { return cell.first.empty() || cell.second > 0 ? std::nan("") : mean(cell.first); };
  double least = INFINITY, largest = -INFINITY;
  for (const auto& [key, cell] : cells) least = std::fmin(least, value_of(cell)), largest = std::fmax(largest, value_of(cell));
  for (const auto& [key, cell] : cells) {
    const auto& [values, diverged] = cell;
    const double value = value_of(cell), share = (value - least) / (largest - least);
    const bool dark = measure == "test_accuracy" ? share < 0.55 : share > 0.45;  // false where there is no number
    figure.rows.rows.push_back({key[0], key[1], key[2], value, static_cast<double>(values.size() + diverged),
                                static_cast<double>(diverged),
                                std::string(diverged > 0        ? "\u00d7"
                                            : std::isnan(value) ? ""
                                                                : fmt::format("{:.3g}", value)),
                                std::string(dark ? "dark" : "light")});
    if (std::find(panels.begin(), panels.end(), key[0]) == panels.end()) panels.push_back(key[0]);
  }
  std::reverse(ys.begin(), ys.end());
  auto channel = [](const std::string& column, const std::vector<std::string>& order) {
    return Json{{"field", column},
                {"type", "ordinal"},
                {"sort", order},
                {"axis", {{"grid", false}, {"labelAngle", 0}, {"labelLimit", 400}, {"labelOverlap", true}}}};
  };
  const Json x = channel(map.x_title, xs);
  Json y = channel(map.y_title, of_methods ? std::vector<std::string>(ys.rbegin(), ys.rend()) : ys);
  if (of_methods) y["axis"]["title"] = nullptr;  // it would lie across the longest
  const Json colour{{"condition", {{"test", "!isValid(datum['" + measure + "'])"}, {"value", "#d8d4cb"}}},
                    {"field", measure},
                    {"type", "quantitative"},
                    {"scale", {{"scheme", "viridis"}, {"reverse", measure != "test_accuracy"}, {"zero", false}}},
                    {"legend", {{"title", measure}, {"orient", "bottom"}, {"gradientLength", 180}}}};
  const Json tips = {{{"field", "method"}},    {{"field", map.x_title}},
                     {{"field", map.y_title}}, {{"field", measure}, {"format", ".5~g"}},
                     {{"field", "runs"}},      {{"field", "diverged"}}};
  const Json layers = {
      {{"mark", {{"type", "rect"}, {"invalid", nullptr}}},
       {"encoding", {{"x", x}, {"y", y}, {"color", colour}, {"tooltip", tips}}}},
      {{"mark", {{"type", "text"}, {"fontSize", 10}}},
       {"encoding",
        {{"x", x},
         {"y", y},
         {"text", {{"field", "text"}}},
         {"color", {{"condition", {{"test", "datum.on == 'dark'"}, {"value", "#ffffff"}}}, {"value", "#1c1b18"}}},
         {"tooltip", tips}}}}};
  if (panels.size() > 1) {
    figure.spec = {
        {"facet", {{"field", "method"}, {"type", "nominal"}, {"title", nullptr}, {"header", {{"labelLimit", 300}}}}},
        {"columns", 2},
        {"spec", {{"width", 250}, {"height", {{"step", 22}}}, {"layer", layers}}}};
  } else {
    figure.spec = {{"width", 520}, {"height", {{"step", 24}}}, {"layer", layers}};
  }
  figure.says = "Mean of " + measure + " over seeds; \u00d7 where a run diverged.";
  figure.source = "summary.json, config.resolved.json";
  return true;
}

}  // namespace bnlab
