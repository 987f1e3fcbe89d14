// distributions: where the inputs of an activation lie, look by look from top to bottom (after Santurkar et al. 2018,
// fig. 2).
#include <algorithm>
#include <map>

#include "report/chart.h"

namespace bnlab {

bool draw_distributions(Evidence& evidence, Figure& figure) {
  std::vector<std::string> layers = layers_of(evidence, "distribution", "p50_median", "@input");
  if (layers.empty()) layers = layers_of(evidence, "distribution", "p50_median");
  if (layers.empty()) return false;
  const std::string layer = layers[layers.size() / 2];
  const std::string mode = mode_of(evidence, "distribution");
  figure.rows.columns = {"arm", "step", "p15", "p50", "p85"};
  constexpr size_t most_arms = 6, most_looks = 14;
  const auto arms = some_of(evidence.arm_names(), most_arms);
  for (const Arm& arm : evidence.arms) {
    if (arm.runs.empty() || std::find(arms.begin(), arms.end(), arm.name) == arms.end()) continue;
    std::map<double, std::map<std::string_view, double>> at;
    for (const Reading& r : readings(*arm.runs[0], "distribution", {"p15_median", "p50_median", "p85_median"}, mode)) {
      if (r.layer == layer) at[r.step][r.metric] = r.value;
    }
    std::vector<double> steps;
    for (const auto& [step, p] : at) {
      if (p.size() == 3) steps.push_back(step);
    }
    for (size_t k = 0; k < std::min(most_looks, steps.size()); ++k) {
      const double step = steps.size() <= most_looks ? steps[k] : steps[k * (steps.size() - 1) / (most_looks - 1)];
      auto& p = at[step];
      figure.rows.rows.push_back({arm.name, step, p["p15_median"], p["p50_median"], p["p85_median"]});
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
  figure.spec = {
      {"params", {hidden_arms()}},
      {"transform", {shown_arms()}},
      {"facet",
       {{"field", "arm"}, {"type", "nominal"}, {"sort", arms}, {"title", nullptr}, {"header", {{"labelLimit", 300}}}}},
      {"columns", std::min<int>(3, static_cast<int>(arms.size()))},
      {"spec", {{"width", 240}, {"height", {{"step", 15}}}, {"layer", layers_of_spec}}},
      {"resolve", {{"scale", {{"y", "independent"}}}}}};
  figure.says = "Inputs of " + layer +
                ": from the 15th to the 85th percentile over samples, the tick at the 50th, each the median over "
                "units; statistics in mode " +
                mode + ", each arm's first seed.";
  figure.source = "probes/distribution.csv";
  return true;
}

}  // namespace bnlab
