// landscape: loss, gradient and effective smoothness along the step that training takes (Santurkar et al. 2018, fig.
// 4), with 2 / eta beside the curvature: where training is at the edge of stability, that is what any curvature is.
#include <map>

#include "report/lines.h"

namespace bnlab {
namespace {

// The learning rate at every logged step, of one run.
std::vector<Dot> two_over_rate(RunData& run) {
  std::vector<Dot> out;
  const Csv* csv = run.file("train.csv");
  if (!csv) return out;
  const size_t step = csv->column("step"), rate = csv->column("learning_rate");
  for (size_t row = 0; row < csv->rows(); ++row) {
    const double value = csv->number(row, rate);
    // the corners of a schedule are enough: a constant one is two points
    const bool inner =
        row > 0 && row + 1 < csv->rows() && value == csv->number(row - 1, rate) && value == csv->number(row + 1, rate);
    if (value > 0 && !inner) out.push_back({csv->number(row, step), 2 / value});
  }
  return out;
}

// From the least to the most of all seeds: a band of bands.
std::vector<Spread> band_of(const Arm& arm, const std::string& low, const std::string& high, const std::string& mode) {
  std::map<double, Spread> at;
  for (RunData* run : arm.runs) {
    for (const Reading& r : readings(*run, "landscape", {low, high}, mode)) {
      const auto [spread, fresh] = at.try_emplace(r.step, Spread{r.step, r.value, r.value, r.value, 0});
      spread->second.low = std::min(spread->second.low, r.value),
      spread->second.high = std::max(spread->second.high, r.value);
    }
  }
  std::vector<Spread> out;
  for (auto& [step, spread] : at) spread.mean = spread.high, spread.n = arm.runs.size(), out.push_back(spread);
  return out;
}

}  // namespace

bool draw_landscape(Evidence& evidence, Figure& figure) {
  Lines lines(evidence, "step", "");
  const std::string mode = mode_of(evidence, "landscape"), beta = "effective beta-smoothness";
  for (const Arm& arm : evidence.arms)
    lines.add_band("loss along the step", arm.name, band_of(arm, "loss_min", "loss_max", mode));
  for (const Arm& arm : evidence.arms)
    lines.add_band("gradient predictiveness", arm.name,
                   band_of(arm, "gradient_predictiveness_min", "gradient_predictiveness_max", mode));
  for (const Arm& arm : evidence.arms) {
    std::vector<std::vector<Dot>> seeds;
    for (RunData* run : arm.runs) {
      std::vector<Dot> dots;
      for (const Reading& r : readings(*run, "landscape", {"beta_smoothness"}, mode)) dots.push_back({r.step, r.value});
      if (!dots.empty()) seeds.push_back(std::move(dots));
    }
    if (seeds.empty()) continue;
    lines.add(beta, arm.name, seeds);
    lines.reference(beta, arm.name, "2 / learning rate", two_over_rate(*arm.runs[0]));
  }
  figure.says =
      "From a state, along its gradient, with statistics in mode " + mode +
      ": the band is what the loss, and the distance of the gradient from the one at the state, came to (least to "
      "most, over all seeds; the line is the most); beta is the largest change of the gradient per distance. "
      "Dashed: 2 / learning rate, where a step along the gradient no longer helps; a curvature that lies there tells "
      "the rate, not the normalizer.";
  figure.source = "probes/landscape.csv, train.csv";
  Lines::Look look;
  look.log_y = true;
  return lines.finish(figure, look);
}

}  // namespace bnlab
