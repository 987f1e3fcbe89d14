// final_scores: where every run ended, arm by arm: a dot a seed, the mean and its interval.
#include <algorithm>
#include <cmath>

#include "analysis/interval.h"
#include "report/chart.h"

namespace bnlab {
namespace {

// Of the runs, or of the table that is kept of them; nan where a run has no such number, or diverged.
std::vector<double> ends_of(const Evidence& evidence, const Arm& arm, const std::string& measure) {
  std::vector<double> out;
  for (const RunData* run : arm.runs) {
    const auto at = run->run().record.measures.find(measure);
    out.push_back(at == run->run().record.measures.end() || run->run().record.state == "diverged" ? NAN : at->second);
  }
  if (!arm.runs.empty() || !evidence.kept) return out;
  const Csv& csv = *evidence.kept;
  const auto column = csv.find(measure);
  if (!column) return out;
  for (size_t row = 0; row < csv.rows(); ++row) {
    if (csv.text(row, csv.column("arm")) == arm.name)
      out.push_back(csv.text(row, csv.column("state")) == "diverged" ? NAN : csv.number(row, *column));
  }
  return out;
}

}  // namespace

bool draw_final_scores(Evidence& evidence, Figure& figure) {
  if (evidence.arms.size() < 2) return false;
  figure.rows.columns = {"score", "arm", "what", "value", "low", "high"};
  std::vector<std::string> panels;
  for (const char* measure : {"test_accuracy", "test_loss", "train_loss"}) {
    for (const Arm& arm : evidence.arms) {
      std::vector<double> finite;
      for (const double value : ends_of(evidence, arm, measure)) {
        if (std::isfinite(value)) finite.push_back(value);
      }
      for (const double value : finite)
        figure.rows.rows.push_back({std::string(measure), arm.name, std::string("a seed"), value, NAN, NAN});
      if (finite.empty()) continue;
      const Interval interval = student_interval(finite);
      const bool known = finite.size() > 2;
      figure.rows.rows.push_back({std::string(measure), arm.name, std::string("mean"), interval.estimate,
                                  known ? interval.low : NAN, known ? interval.high : NAN});
      if (panels.empty() || panels.back() != measure) panels.emplace_back(measure);
    }
  }
  if (panels.empty()) return false;
  const Json x{{"field", "value"}, {"type", "quantitative"}, {"axis", axis("")}, {"scale", {{"zero", false}}}},
      y{{"field", "arm"},
        {"type", "nominal"},
        {"sort", evidence.arm_names()},
        {"axis", {{"title", nullptr}, {"grid", false}, {"labelLimit", arm_width(evidence)}}}};
  Json low = x;
  low["field"] = "low";
  const Json tips = {{{"field", "arm"}},
                     {{"field", "what"}, {"title", " "}},
                     {{"field", "value"}, {"format", ".5~g"}},
                     {{"field", "low"}, {"format", ".5~g"}},
                     {{"field", "high"}, {"format", ".5~g"}}};
  const Json layers = {
      {{"transform", {{{"filter", "datum.what == 'mean' && isValid(datum.low)"}}}},
       {"mark", {{"type", "rule"}, {"strokeWidth", 2}}},
       {"encoding",
        {{"y", y}, {"x", low}, {"x2", {{"field", "high"}}}, {"color", arm_colour(evidence)}, {"tooltip", tips}}}},
      {{"transform", {{{"filter", "datum.what == 'a seed'"}}}},
       {"mark", {{"type", "point"}, {"filled", true}, {"size", 22}, {"opacity", 0.5}}},
       {"encoding", {{"y", y}, {"x", x}, {"color", arm_colour(evidence)}, {"tooltip", tips}}}},
      {{"transform", {{{"filter", "datum.what == 'mean'"}}}},
       {"mark", {{"type", "point"}, {"filled", true}, {"size", 80}, {"opacity", 1}}},
       {"encoding", {{"y", y}, {"x", x}, {"color", arm_colour(evidence)}, {"tooltip", tips}}}}};
  figure.spec = {
      {"params", {hidden_arms()}},
      {"transform", {shown_arms()}},
      {"facet", {{"field", "score"}, {"type", "nominal"}, {"sort", panels}, {"title", nullptr}}},
      {"columns", static_cast<int>(panels.size())},
      {"spec", {{"width", 230}, {"height", {{"step", 18}}}, {"layer", layers}}},
      {"resolve", {{"scale", {{"x", "independent"}}}, {"axis", {{"x", "independent"}, {"y", "independent"}}}}}};
  figure.cell = 200 + arm_width(evidence) * 2 / 3;
  figure.says =
      "A small dot is a run, the large one the mean, the line its 95 % interval (Student, from three seeds on). Runs "
      "that diverged have no dot.";
  figure.source = evidence.runs.empty() ? "runs.csv" : "summary.json";
  return true;
}

}  // namespace bnlab
