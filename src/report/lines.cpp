#include "report/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bnlab {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Json tooltip(const std::string& x, const std::string& y) {
  return {{{"field", "arm"}},
          {{"field", "panel"}, {"title", " "}},
          {{"field", x}, {"format", ",~r"}},
          {{"field", "value"}, {"title", y}, {"format", ".5~g"}},
          {{"field", "low"}, {"format", ".5~g"}},
          {{"field", "high"}, {"format", ".5~g"}},
          {{"field", "seeds"}}};
}

}  // namespace

void Lines::add(const std::string& panel, const std::string& arm, const std::vector<std::vector<Dot>>& seeds) {
  add_band(panel, arm, over_seeds(seeds));
}

void Lines::add_band(const std::string& panel, const std::string& arm, const std::vector<Spread>& band) {
  if (!band.empty()) series_.push_back({panel, arm, "", band});
}

void Lines::reference(const std::string& panel, const std::string& arm, const std::string& what,
                      const std::vector<Dot>& line) {
  One one{panel, arm, what, {}};
  for (const Dot& dot : line) one.points.push_back({dot.x, dot.y, nan, nan, 1});
  if (!line.empty()) series_.push_back(std::move(one));
}

bool Lines::finish(Figure& figure, const Look& look) const {
  if (series_.empty()) return false;
  Rows& rows = figure.rows;
  rows.columns = {"panel", "arm", "line", x_, "value", "low", "high", "seeds"};
  const size_t most = std::max<size_t>(16, evidence_.most_rows / series_.size());
  std::vector<std::string> panels;
  bool bands = false, references = false;
  double least = INFINITY, largest = -INFINITY;
  size_t all = 0, longest = 0;
  for (const One& one : series_) {
    if (std::find(panels.begin(), panels.end(), one.panel) == panels.end()) panels.push_back(one.panel);
    std::vector<double> low, high;
    for (const Spread& p : one.points)
      low.push_back(std::isnan(p.low) ? p.mean : p.low), high.push_back(std::isnan(p.high) ? p.mean : p.high);
    all += one.points.size(), longest = std::max(longest, one.points.size());
    for (const size_t i : thinned(low, high, most)) {
      const Spread& p = one.points[i];
      if (!std::isfinite(p.mean)) continue;
      rows.rows.push_back({one.panel, one.arm, one.line, p.x, p.mean, p.low, p.high, static_cast<double>(p.n)});
      least = std::min(least, p.mean), largest = std::max(largest, p.mean);
      bands = bands || !std::isnan(p.low), references = references || !one.line.empty();
    }
  }
  if (rows.rows.empty()) return false;
  if (rows.rows.size() < all)
    figure.says += fmt::format(" {} of {} points are drawn, no extreme left out.", rows.rows.size(), all);
  figure.log = least >= 0 && largest > 0;
  const bool log = look.log_y && figure.log;
  const Json y_scale{{"zero", false}, {"type", log ? "log" : "linear"}};
  const Json x{
      {"field", x_}, {"type", "quantitative"}, {"axis", axis(x_)}, {"scale", {{"zero", false}, {"nice", false}}}};
  Json y{{"field", "value"}, {"type", "quantitative"}, {"axis", axis(y_)}, {"scale", y_scale}};
  Json layers = Json::array();
  if (bands) {
    Json low = y;
    low["field"] = "low";
    layers.push_back(
        {{"transform", {{{"filter", "isValid(datum.low)"}}}},
         {"mark", {{"type", "area"}, {"opacity", 0.18}, {"clip", true}, {"line", false}}},
         {"encoding", {{"x", x}, {"y", low}, {"y2", {{"field", "high"}}}, {"color", arm_colour(evidence_)}}}});
  }
  Json line{{"transform", {{{"filter", "datum.line == ''"}}}},
            {"params",
             {{{"name", "zoom"},
               {"select",
                {{"type", "interval"},
                 {"encodings", {"x"}},
                 {"zoom", "wheel![event.shiftKey]"},
                 {"translate", "[mousedown, window:mouseup] > window:mousemove!"}}},
               {"bind", "scales"}}}},
            {"mark", {{"type", "line"}, {"strokeWidth", 1.7}, {"clip", true}}},
            {"encoding", {{"x", x}, {"y", y}, {"color", arm_colour(evidence_)}}}};
  if (evidence_.arms.size() > palette().size()) line["encoding"]["strokeDash"] = arm_dash(evidence_);
  layers.push_back(line);
  if (references) {
    layers.push_back(
        {{"transform", {{{"filter", "datum.line != ''"}}}},
         {"mark", {{"type", "line"}, {"strokeWidth", 1.2}, {"strokeDash", {5, 4}}, {"clip", true}}},
         {"encoding", {{"x", x}, {"y", y}, {"color", arm_colour(evidence_)}, {"detail", {{"field", "line"}}}}}});
  }
  Json tips = tooltip(x_, y_);
  if (references) tips.insert(tips.begin() + 1, Json{{"field", "line"}, {"title", "dashed"}});
  layers.push_back(
      {{"params",
        {{{"name", "hover"},
          {"select", {{"type", "point"}, {"on", "pointerover"}, {"clear", "pointerout"}, {"nearest", true}}}}}},
       {"mark", {{"type", "point"}, {"filled", true}, {"size", 36}, {"clip", true}}},
       {"encoding",
        {{"x", x},
         {"y", y},
         {"color", arm_colour(evidence_)},
         {"opacity",
          {{"condition", {{"param", "hover"}, {"empty", false}, {"value", 1}}},
           {"value", look.points || longest <= 12 ? 0.85 : 0}}},
         {"tooltip", tips}}}});
  // in logarithms what is not above 0 has no place; a band that reaches there is drawn to a twentieth of the mean
  Json spec{{"params", {hidden_arms(), {{"name", "logarithmic"}, {"value", log}}}},
            {"transform",
             {shown_arms(),
              {{"filter", "!logarithmic || datum.value > 0"}},
              {{"calculate", "logarithmic && isValid(datum.low) && datum.low <= 0 ? datum.value / 20 : datum.low"},
               {"as", "low"}}}}};
  if (panels.size() > 1) {
    spec["facet"] = {{"field", "panel"},
                     {"type", "nominal"},
                     {"sort", panels},
                     {"title", nullptr},
                     {"header", {{"labelLimit", 300}}}};
    spec["columns"] = panels.size() < 4 ? static_cast<int>(panels.size()) : panels.size() == 4 ? 2 : 3;
    spec["spec"] = {{"width", 250}, {"height", 170}, {"layer", layers}};
    spec["resolve"] = {{"scale", {{"y", look.share_y ? "shared" : "independent"}}},
                       {"axis", {{"x", "independent"}, {"y", "independent"}}}};
  } else {
    spec["width"] = 560, spec["height"] = 260, spec["layer"] = layers;
  }
  figure.spec = std::move(spec);
  return true;
}

}  // namespace bnlab
