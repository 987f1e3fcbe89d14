// percentiles: the 15th, 50th and 85th percentile of what one typical unit of a layer puts into its activation, over
// training (Ioffe & Szegedy 2015, fig. 1).
#include <algorithm>
#include <map>

#include "report/lines.h"

namespace bnlab {

bool draw_percentiles(Evidence& evidence, Figure& figure) {
  Lines lines(evidence, "step", "input of the activation");
  std::vector<std::string> layers = layers_of(evidence, "distribution", "p50", "@input");
  if (layers.empty()) layers = layers_of(evidence, "distribution", "p50");
  constexpr size_t most_arms = 6;
  const auto arms = some_of(evidence.arm_names(), most_arms);
  const auto shown = some_of(layers, arms.size() > 3 ? 1 : 3);
  for (const auto& layer : shown) {
    for (const Arm& arm : evidence.arms) {
      if (arm.runs.empty() || std::find(arms.begin(), arms.end(), arm.name) == arms.end()) continue;
      std::map<double, std::map<std::string_view, double>> at;
      for (const Reading& r : readings(*arm.runs[0], "distribution", {"p15", "p50", "p85"})) {
        if (r.layer == layer) at[r.step][r.metric] = r.value;
      }
      std::vector<Spread> band;
      for (auto& [step, p] : at) {
        if (p.size() == 3) band.push_back({step, p["p50"], p["p15"], p["p85"], 1});
      }
      lines.add_band(layer + " (" + arm.name + ")", arm.name, band);
    }
  }
  figure.says =
      "Line: the median over samples; band: the 15th to the 85th percentile, of one unit of the layer and of each "
      "arm's first seed. What moves up and down is a distribution that shifts.";
  if (shown.size() < layers.size())
    figure.says += " Of " + std::to_string(layers.size()) + " layers " + std::to_string(shown.size()) + " are shown.";
  if (arms.size() < evidence.arms.size())
    figure.says +=
        " Of " + std::to_string(evidence.arms.size()) + " arms " + std::to_string(arms.size()) + " are shown.";
  figure.source = "probes/distribution.csv";
  return lines.finish(figure, {});
}

}  // namespace bnlab
