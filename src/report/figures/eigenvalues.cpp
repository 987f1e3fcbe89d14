// eigenvalues: the largest eigenvalue of the Hessian over training, in every mode of statistics, beside 2 / eta.
#include <set>

#include "report/lines.h"

namespace bnlab {

bool draw_eigenvalues(Evidence& evidence, Figure& figure) {
  Lines lines(evidence, "step", "rate x eigenvalue");
  std::set<std::string, std::less<>> modes;
  for (const Arm& arm : evidence.arms) {
    for (RunData* run : arm.runs) {
      for (const Reading& r : readings(*run, "hessian", {"eta_lambda"})) modes.emplace(r.mode);
    }
  }
  for (const auto& mode : modes) {
    for (const Arm& arm : evidence.arms) {
      std::vector<std::vector<Dot>> seeds;
      for (RunData* run : arm.runs) {
        std::vector<Dot> dots;
        for (const Reading& r : readings(*run, "hessian", {"eta_lambda"}, mode)) {
          if (r.at == 1) dots.push_back({r.step, r.value});
        }
        if (!dots.empty()) seeds.push_back(std::move(dots));
      }
      if (seeds.empty()) continue;
      lines.add("statistics: " + mode, arm.name, seeds);
      if (&arm == &evidence.arms[0] && seeds[0].size() > 1)
        lines.reference("statistics: " + mode, arm.name, "edge of stability: 2",
                        {{seeds[0][0].x, 2}, {seeds[0].back().x, 2}});
    }
  }
  figure.says =
      "The largest eigenvalue of the Hessian times the learning rate. Dashed: 2, beyond which gradient descent without "
      "momentum is unstable along that eigenvector. The same weights have other eigenvalues where statistics are "
      "held." +
      spread_in_words(evidence);
  figure.source = "probes/hessian.csv";
  Lines::Look look;
  look.points = true, look.share_y = true, look.log_y = true;
  return lines.finish(figure, look);
}

}  // namespace bnlab
