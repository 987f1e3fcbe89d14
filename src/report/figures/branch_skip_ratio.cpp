// branch_skip_ratio: what a residual branch adds, as a share of what is there already (De & Smith 2020, fig. 2).
#include <set>

#include "report/lines.h"

namespace bnlab {

bool draw_branch_skip_ratio(Evidence& evidence, Figure& figure) {
  Lines lines(evidence, "block", "variance of branch / variance of skip");
  const std::string mode = mode_of(evidence, "signal_propagation");
  for (const bool last : {false, true}) {
    for (const Arm& arm : evidence.arms) {
      std::vector<std::vector<Dot>> seeds;
      std::set<double> blocks;
      for (RunData* run : arm.runs) {
        const auto all = readings(*run, "signal_propagation", {"branch_skip_ratio"}, mode);
        if (all.empty() || (last && all.back().step == all[0].step)) continue;
        std::vector<Dot> dots;
        for (const Reading& r : all) {
          if (r.step == (last ? all.back().step : all[0].step)) dots.push_back({r.at, r.value}), blocks.insert(r.at);
        }
        seeds.push_back(std::move(dots));
      }
      if (seeds.empty()) continue;
      const std::string panel = last ? "at the last look" : "at the first look";
      lines.add(panel, arm.name, seeds);
      std::vector<Dot> theory;
      for (const double block : blocks) theory.push_back({block, 1 / block});
      if (!last && &arm == &evidence.arms[0]) lines.reference(panel, arm.name, "1 / block", theory);
    }
  }
  figure.says =
      "Both as they are added up, factors included. Dashed: 1 / block, what BN at the end of branches gives at "
      "initialization: the deeper, the nearer a block is to the identity." +
      spread_in_words(evidence);
  figure.source = "probes/signal_propagation.csv";
  Lines::Look look;
  look.log_y = true, look.points = true, look.share_y = true;
  return lines.finish(figure, look);
}

}  // namespace bnlab
