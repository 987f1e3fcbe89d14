// variance_by_depth: how large the signal is from layer to layer before the first step, beside the theory of wide
// networks.
#include "report/lines.h"

namespace bnlab {
namespace {

// At the first look of one run: `metric` of the nodes that have it, by depth.
std::vector<Dot> by_depth(RunData& run, const std::string& metric, const std::string& mode, std::string_view ending) {
  std::vector<Dot> out;
  const auto all = readings(run, "signal_propagation", {metric}, mode);
  for (const Reading& r : all) {
    if (r.step == all[0].step && r.layer.ends_with(ending)) out.push_back({r.at, r.value});
  }
  return out;
}

}  // namespace

bool draw_variance_by_depth(Evidence& evidence, Figure& figure) {
  const std::string mode = mode_of(evidence, "signal_propagation");
  const bool joins = !layers_of(evidence, "signal_propagation", "output_variance").empty();
  const std::string depth = joins ? "block" : "layer";
  Lines lines(evidence, depth, "");
  struct Panel {
    std::string title, metric, theory;
  };
  const std::vector<Panel> panels = joins
                                        ? std::vector<Panel>{{"variance", "output_variance", "theory_output_variance"},
                                                             {"squared mean", "output_mean2", "theory_output_mean2"},
                                                             {"gradient, second moment", "gradient_second_moment", ""}}
                                        : std::vector<Panel>{{"variance", "variance", ""},
                                                             {"second moment", "second_moment", ""},
                                                             {"gradient, second moment", "gradient_second_moment", ""}};
  for (const Panel& panel : panels) {
    for (const Arm& arm : evidence.arms) {
      std::vector<std::vector<Dot>> seeds;
      for (RunData* run : arm.runs) {
        auto dots = by_depth(*run, panel.metric, mode, joins ? "/add" : "");
        if (!dots.empty()) seeds.push_back(std::move(dots));
      }
      if (seeds.empty()) continue;
      lines.add(panel.title, arm.name, seeds);
      if (!panel.theory.empty())
        lines.reference(panel.title, arm.name, "theory", by_depth(*arm.runs[0], panel.theory, mode, ""));
    }
  }
  figure.says = std::string("At the first look, before or at the first step, with statistics in mode ") + mode + ". " +
                (joins ? "Dashed: the theory of wide networks at initialization, from the first block on (first seed)."
                       : "Weight layers and activations by their number.") +
                spread_in_words(evidence);
  figure.source = "probes/signal_propagation.csv";
  Lines::Look look;
  look.log_y = true, look.points = true;
  return lines.finish(figure, look);
}

}  // namespace bnlab
