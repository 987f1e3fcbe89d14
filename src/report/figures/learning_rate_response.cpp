// learning_rate_response: what each arm came to at every value that its tuning tried, the one that was taken marked.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "experiment/run_directory.h"
#include "report/chart.h"

namespace bnlab {
namespace {

// More arms than colours: those whose names begin alike, up to a hyphen, have a panel.
std::string panel_of(const std::string& arm) { return arm.substr(0, arm.find('-')); }

}  // namespace

bool draw_learning_rate_response(Evidence& evidence, Figure& figure) {
  if (!evidence.tuned.is_object()) return false;
  const Json& tuned = evidence.tuned;
  const std::string path = tuned.value("path", ""), measure = tuned.value("measure", "");
  const Json values = tuned.value("values", Json::array());
  figure.rows.columns = {"arm", "value", "score", "taken", "panel"};  // a path has dots, which a spec would take for nesting
  bool positive = true;
  for (const Json& arm : tuned.value("arms", Json::array())) {
    const Json means = arm.value("means", Json::array());
    for (size_t i = 0; i < values.size() && i < means.size(); ++i) {
      if (!values[i].is_number()) return false;
      const double value = values[i].get<double>(), score = number_of(means[i]);
      positive = positive && value > 0;
      if (std::isfinite(score))
        figure.rows.rows.push_back(
            {arm.value("arm", ""), value, score, std::string(arm.value("value", Json()) == values[i] ? "taken" : ""),
             panel_of(arm.value("arm", ""))});
    }
  }
  if (figure.rows.rows.empty()) return false;
  const Json x{{"field", "value"},
               {"type", "quantitative"},
               {"axis", axis(path)},
               {"scale", {{"type", positive ? "log" : "linear"}, {"nice", false}, {"padding", 12}}}},
      y{{"field", "score"},
        {"type", "quantitative"},
        {"axis", axis(measure)},
        {"scale", {{"zero", false}}}};
  const Json tips = {{{"field", "arm"}},
                     {{"field", "value"}, {"title", path}, {"format", ".4~g"}},
                     {{"field", "score"}, {"title", measure}, {"format", ".5~g"}},
                     {{"field", "taken"}, {"title", " "}}};
  const Json layers = {{{"mark", {{"type", "line"}, {"strokeWidth", 1.6}}},
                        {"encoding", {{"x", x}, {"y", y}, {"color", arm_colour(evidence)}}}},
                       {{"mark", {{"type", "point"}, {"filled", true}, {"size", 34}}},
                        {"encoding", {{"x", x}, {"y", y}, {"color", arm_colour(evidence)}, {"tooltip", tips}}}},
                       {{"transform", {{{"filter", "datum.taken == 'taken'"}}}},
                        {"mark", {{"type", "point"}, {"size", 190}, {"strokeWidth", 2}}},
                        {"encoding", {{"x", x}, {"y", y}, {"color", arm_colour(evidence)}, {"tooltip", tips}}}}};
  std::vector<std::string> panels;
  for (const auto& row : figure.rows.rows) {
    const std::string& panel = std::get<std::string>(row.back());
    if (std::find(panels.begin(), panels.end(), panel) == panels.end()) panels.push_back(panel);
  }
  figure.spec = {{"params", {hidden_arms()}}, {"transform", {shown_arms()}}};
  if (evidence.arms.size() > palette().size() && panels.size() > 1 && panels.size() <= 12) {
    figure.spec["facet"] = {
        {"field", "panel"}, {"type", "nominal"}, {"sort", panels}, {"title", nullptr}, {"header", {{"labelLimit", 300}}}};
    figure.spec["columns"] = 3;
    figure.spec["spec"] = {{"width", 240}, {"height", 170}, {"layer", layers}};
  } else {
    figure.spec["width"] = 560, figure.spec["height"] = 280, figure.spec["layer"] = layers;
  }
  figure.says = "Every value of " + path +
                " that was tried before the runs that count, a mean over seeds of their own; the ring is what the arm took. "
                "Values at which a run diverged have no point.";
  figure.source = "tuned.json";
  std::vector<std::string> seeds;
  for (const Json& seed : tuned.value("seeds", Json::array())) seeds.push_back(seed.dump());
  figure.seeds = "seeds " + join(seeds);
  return true;
}

}  // namespace bnlab
