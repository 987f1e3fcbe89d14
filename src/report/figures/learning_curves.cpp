// learning_curves: losses and accuracies of whole splits over training, beside the loss of the batches that were
// trained on.
#include <cmath>
#include <map>

#include "report/lines.h"

namespace bnlab {

bool draw_learning_curves(Evidence& evidence, Figure& figure) {
  Lines lines(evidence, "step", "");
  using Key = std::pair<std::string, std::string>;  // panel, arm
  std::map<Key, std::map<int64_t, std::vector<Dot>>> scores;
  for (const Score& s : evidence.scores) {
    scores[{s.split + " loss", s.arm}][s.seed].push_back({s.step, s.loss});
    if (std::isfinite(s.accuracy)) scores[{s.split + " accuracy", s.arm}][s.seed].push_back({s.step, s.accuracy});
  }
  auto add = [&](const std::string& panel) {
    for (const Arm& arm : evidence.arms) {
      const auto at = scores.find({panel, arm.name});
      if (at == scores.end()) continue;
      std::vector<std::vector<Dot>> seeds;
      for (const auto& [seed, dots] : at->second) seeds.push_back(dots);
      lines.add(panel, arm.name, seeds);
    }
  };
  for (const Arm& arm : evidence.arms) {
    std::vector<std::vector<Dot>> seeds;
    for (RunData* run : arm.runs) {
      const Csv* csv = run->file("train.csv");
      if (!csv) continue;
      std::vector<Dot> dots;
      for (size_t row = 0; row < csv->rows(); ++row)
        dots.push_back({csv->number(row, csv->column("step")), csv->number(row, csv->column("loss"))});
      seeds.push_back(std::move(dots));
    }
    lines.add("loss of training batches", arm.name, seeds);
  }
  for (const char* split : {"train", "validation", "test"}) add(std::string(split) + " loss");
  for (const char* split : {"train", "validation", "test"}) add(std::string(split) + " accuracy");
  figure.says =
      "Whole splits are scored with running statistics, as in deployment.";
  if (!evidence.runs.empty()) figure.says += " Batches are those that were trained on.";
  figure.source = evidence.runs.empty() ? "curves.csv" : "eval.csv, train.csv";
  Lines::Look look;
  look.points = evidence.scores.size() < 400 && evidence.runs.empty();
  return lines.finish(figure, look);
}

}  // namespace bnlab
