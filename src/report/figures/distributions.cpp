// distributions: where the inputs of an activation lie, look by look from top to bottom (Santurkar et al. 2018, fig. 2):
// histograms as ridges where the probe made some, else percentiles.
#include <algorithm>
#include <map>

#include "core/text.h"
#include "report/chart.h"

namespace bnlab {
namespace {

constexpr size_t most_arms = 6, most_looks = 14;
constexpr double overlap = 1.6;  // of the highest ridge, in distances between two

std::vector<const Arm*> drawn(const Evidence& evidence) {
  const auto names = some_of(evidence.arm_names(), most_arms);
  std::vector<const Arm*> out;
  for (const Arm& arm : evidence.arms) {
    if (!arm.runs.empty() && std::find(names.begin(), names.end(), arm.name) != names.end()) out.push_back(&arm);
  }
  return out;
}

std::string middle_layer(Evidence& evidence, const std::string& metric) {
  std::vector<std::string> layers = layers_of(evidence, "distribution", metric, "@input");
  if (layers.empty()) layers = layers_of(evidence, "distribution", metric);
  return layers.empty() ? "" : layers[layers.size() / 2];
}

std::vector<double> some_steps(const std::vector<double>& all) {
  std::vector<double> out;
  for (size_t k = 0; k < std::min(most_looks, all.size()); ++k) {
    out.push_back(all.size() <= most_looks ? all[k] : all[k * (all.size() - 1) / (most_looks - 1)]);
  }
  return out;
}

Json by_arm(const std::vector<const Arm*>& arms, const Json& panel) {
  Json names = Json::array();
  for (const Arm* arm : arms) names.push_back(arm->name);
  return {{"params", {hidden_arms()}},
          {"transform", {shown_arms()}},
          {"facet",
           {{"field", "arm"}, {"type", "nominal"}, {"sort", names}, {"title", nullptr}, {"header", {{"labelLimit", 300}}}}},
          {"columns", std::min<int>(3, static_cast<int>(arms.size()))},
          {"spec", panel},
          {"resolve", {{"scale", {{"y", "independent"}}}}}};
}

bool ridges(Evidence& evidence, Figure& figure) {
  const std::string layer = middle_layer(evidence, "density"), mode = mode_of(evidence, "distribution");
  if (layer.empty()) return false;
  figure.rows.columns = {"arm", "step", "input", "density", "foot", "top"};
  const auto arms = drawn(evidence);
  std::vector<double> steps;
  for (const Arm* arm : arms) {
    std::map<double, std::vector<Dot>> at;
    for (const Reading& r : readings(*arm->runs[0], "distribution", {"density"}, mode)) {
      if (r.layer == layer) at[r.step].push_back({r.at, r.value});
    }
    if (steps.empty()) {
      for (const auto& [step, bins] : at) steps.push_back(step);
      steps = some_steps(steps);
    }
    for (size_t k = 0; k < steps.size(); ++k) {
      const auto bins = at.find(steps[k]);
      if (bins == at.end()) continue;
      double highest = 0;
      for (const Dot& bin : bins->second) highest = std::max(highest, bin.y);
      const double foot = static_cast<double>(steps.size() - 1 - k);
      for (const Dot& bin : bins->second) {
        figure.rows.rows.push_back({arm->name, steps[k], bin.x, bin.y, foot, foot + overlap * bin.y / highest});
      }
    }
  }
  if (figure.rows.rows.empty()) return false;
  Json feet = Json::array();
  std::string labels = "[";
  for (size_t k = 0; k < steps.size(); ++k) {
    feet.push_back(k);
    labels += (k > 0 ? "," : "") + number(steps[steps.size() - 1 - k]);
  }
  const Json x{{"field", "input"}, {"type", "quantitative"}, {"axis", axis("input of the activation")}, {"scale", {{"zero", false}}}};
  Json y{{"field", "foot"},
         {"type", "quantitative"},
         {"scale", {{"domain", {0, static_cast<double>(steps.size()) - 1 + overlap}}, {"nice", false}}},
         {"axis", {{"title", "step"}, {"grid", false}, {"values", feet}, {"labelExpr", labels + "][datum.value]"}}}};
  Json top = y;
  top["field"] = "top";
  figure.spec = by_arm(
      arms,
      {{"width", 240},
       {"height", 40 + 16 * steps.size()},
       {"mark", {{"type", "area"}, {"orient", "vertical"}, {"fillOpacity", 0.5}, {"strokeWidth", 1}, {"interpolate", "monotone"}}},
       {"encoding",
        {{"x", x},
         {"y", top},
         {"y2", {{"field", "foot"}}},
         {"detail", {{"field", "step"}}},
         {"color", arm_colour(evidence)},
         {"stroke", arm_colour(evidence)},
         {"tooltip", {{{"field", "arm"}}, {{"field", "step"}}}}}}});
  figure.says = "Inputs of " + layer +
                ", all its units together, step by step from top to bottom: histograms, each as high as the others; "
                "statistics in mode " +
                mode + ", each arm's first seed.";
  figure.source = "probes/distribution.csv";
  return true;
}

}  // namespace

bool draw_distributions(Evidence& evidence, Figure& figure) {
  if (ridges(evidence, figure)) return true;
  const std::string layer = middle_layer(evidence, "p50_median"), mode = mode_of(evidence, "distribution");
  if (layer.empty()) return false;
  figure.rows.columns = {"arm", "step", "p15", "p50", "p85"};
  const auto arms = drawn(evidence);
  for (const Arm* arm : arms) {
    std::map<double, std::map<std::string_view, double>> at;
    for (const Reading& r : readings(*arm->runs[0], "distribution", {"p15_median", "p50_median", "p85_median"}, mode)) {
      if (r.layer == layer) at[r.step][r.metric] = r.value;
    }
    std::vector<double> steps;
    for (const auto& [step, p] : at) {
      if (p.size() == 3) steps.push_back(step);
    }
    for (const double step : some_steps(steps)) {
      auto& p = at[step];
      figure.rows.rows.push_back({arm->name, step, p["p15_median"], p["p50_median"], p["p85_median"]});
    }
  }
  if (figure.rows.rows.empty()) return false;
  const Json y{
      {"field", "step"}, {"type", "ordinal"}, {"axis", {{"title", "step"}, {"grid", false}, {"labelOverlap", true}}}};
  auto x = [](const char* column) {
    return Json{{"field", column},
                {"type", "quantitative"},
                {"axis", {{"title", "input of the activation"}}},
                {"scale", {{"zero", false}}}};
  };
  const Json tips = {{{"field", "arm"}},
                     {{"field", "step"}},
                     {{"field", "p15"}, {"format", ".3~g"}},
                     {{"field", "p50"}, {"format", ".3~g"}},
                     {{"field", "p85"}, {"format", ".3~g"}}};
  const Json layers_of_spec = {
      {{"mark", {{"type", "bar"}, {"opacity", 0.45}, {"height", {{"band", 0.82}}}}},
       {"encoding",
        {{"y", y}, {"x", x("p15")}, {"x2", {{"field", "p85"}}}, {"color", arm_colour(evidence)}, {"tooltip", tips}}}},
      {{"mark", {{"type", "tick"}, {"thickness", 2}, {"bandSize", 11}}},
       {"encoding", {{"y", y}, {"x", x("p50")}, {"color", arm_colour(evidence)}, {"tooltip", tips}}}}};
  figure.spec = by_arm(arms, {{"width", 240}, {"height", {{"step", 15}}}, {"layer", layers_of_spec}});
  figure.says = "Inputs of " + layer +
                ": from the 15th to the 85th percentile over samples, the tick at the 50th, each the median over "
                "units; statistics in mode " +
                mode + ", each arm's first seed.";
  figure.source = "probes/distribution.csv";
  return true;
}

}  // namespace bnlab
