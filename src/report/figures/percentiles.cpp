// percentiles: the 15th, 50th and 85th percentile of what one typical unit of a layer puts into its activation, over training
// (Ioffe & Szegedy 2015, fig. 1).
#include <map>

#include "report/chart.h"

namespace bnlab {

bool draw_percentiles(Evidence& evidence, Figure& figure) {
  Lines lines(evidence, "step", "input of the activation");
  std::string metric = "p50";
  std::vector<std::string> layers = layers_of(evidence, "distribution", metric, "@input");
  if (layers.empty()) layers = layers_of(evidence, "distribution", metric);
  const auto shown = some_of(layers, evidence.arms.size() > 3 ? 1 : 3);
  for (const auto& layer : shown) {
    for (const Arm& arm : evidence.arms) {
      if (arm.runs.empty()) continue;
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
  figure.says = "Line: the median over samples; band: the 15th to the 85th percentile, of one unit of the layer and of each arm's first seed. What moves up and down is a distribution that shifts.";
  if (shown.size() < layers.size()) figure.says += " Of " + std::to_string(layers.size()) + " layers " + std::to_string(shown.size()) + " are shown.";
  figure.source = "probes/distribution.csv";
  Lines::Look look;
  look.share_y = false;
  return lines.finish(figure, look);
}

}  // namespace bnlab
