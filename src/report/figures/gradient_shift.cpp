// gradient_shift: how far the update of the layers before turns and changes a layer's gradient (Santurkar et al. 2018,
// fig. 2).
#include "report/lines.h"

namespace bnlab {

bool draw_gradient_shift(Evidence& evidence, Figure& figure) {
  Lines lines(evidence, "step", "");
  const std::string mode = mode_of(evidence, "gradient_shift");
  auto layers = layers_of(evidence, "gradient_shift", "cosine");
  if (layers.size() > 1) layers.erase(layers.begin());  // before which nothing moves
  const auto shown = some_of(layers, 3);
  for (const auto& [metric, title] : {std::pair<std::string, std::string>{"cosine", "cosine"}, {"l2", "l2 distance"}}) {
    for (const auto& layer : shown) {
      for (const Arm& arm : evidence.arms) {
        std::vector<std::vector<Dot>> seeds;
        for (RunData* run : arm.runs) {
          std::vector<Dot> dots;
          for (const Reading& r : readings(*run, "gradient_shift", {metric}, mode)) {
            if (r.layer == layer) dots.push_back({r.step, r.value});
          }
          if (!dots.empty()) seeds.push_back(std::move(dots));
        }
        lines.add(title + ", " + layer, arm.name, seeds);
      }
    }
  }
  figure.says =
      "A layer's gradient before and after the layers below it have made their step, with statistics in mode " + mode +
      ": a cosine of 1 and a distance of 0 would be no internal covariate shift in the sense of Santurkar et al. The "
      "distance grows with the gradient itself.";
  if (shown.size() < layers.size())
    figure.says += " Of " + std::to_string(layers.size()) + " layers " + std::to_string(shown.size()) + " are shown.";
  figure.says += spread_in_words(evidence);
  figure.source = "probes/gradient_shift.csv";
  return lines.finish(figure, {});
}

}  // namespace bnlab
