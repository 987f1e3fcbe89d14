// learning_rate_response: what each arm came to at every value that its tuning tried, the one that was taken marked.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "experiment/run_directory.h"
#include "report/chart.h"

namespace bnlab {

bool draw_learning_rate_response(Evidence& evidence, Figure& figure) {
  if (!evidence.tuned.is_object()) return false;
  const Json& tuned = evidence.tuned;
  const std::string path = tuned.value("path", ""), measure = tuned.value("measure", "");
  const Json values = tuned.value("values", Json::array());
  figure.rows.columns = {"arm", "value", "score", "taken"};  // a path has dots, which a spec would take for nesting
  bool positive = true;
  for (const Json& arm : tuned.value("arms", Json::array())) {
    const Json means = arm.value("means", Json::array());
    for (size_t i = 0; i < values.size() && i < means.size(); ++i) {
      if (!values[i].is_number()) return false;
      const double value = values[i].get<double>(), score = number_of(means[i]);
      positive = positive && value > 0;
      if (std::isfinite(score))
        figure.rows.rows.push_back(
            {arm.value("arm", ""), value, score, std::string(arm.value("value", Json()) == values[i] ? "taken" : "")});
    }
  }
  if (figure.rows.rows.empty()) return false;
  const Json x{{"field", "value"},
               {"type", "quantitative"},
               {"axis", axis(path)},
               {"scale", {{"type", positive ? "log" : "linear"}, {"nice", false}, {"padding", 12}}}},
      y{{"field", "score"},
        {"type", "quantitative"},
        {"axis", axis(measure + " (mean over tuning seeds)")},
        {"scale", {{"zero", false}}}};
  const Json tips = {{{"field", "arm"}},
                     {{"field", "value"}, {"title", path}, {"format", ".4~g"}},
                     {{"field", "score"}, {"title", measure}, {"format", ".5~g"}},
                     {{"field", "taken"}, {"title", " "}}};
  figure.spec = {{"params", {hidden_arms()}},
                 {"transform", {shown_arms()}},
                 {"width", 560},
                 {"height", 280},
                 {"layer",
                  {{{"mark", {{"type", "line"}, {"strokeWidth", 1.6}}},
                    {"encoding", {{"x", x}, {"y", y}, {"color", arm_colour(evidence)}}}},
                   {{"mark", {{"type", "point"}, {"filled", true}, {"size", 34}}},
                    {"encoding", {{"x", x}, {"y", y}, {"color", arm_colour(evidence)}, {"tooltip", tips}}}},
                   {{"transform", {{{"filter", "datum.taken == 'taken'"}}}},
                    {"mark", {{"type", "point"}, {"size", 190}, {"strokeWidth", 2}}},
                    {"encoding", {{"x", x}, {"y", y}, {"color", arm_colour(evidence)}, {"tooltip", tips}}}}}}};
  figure.says = "Every value of " + path +
                " that was tried before the runs that count, on seeds of their own; the ring is what the arm took. "
                "Values at which a run diverged have no point.";
  figure.source = "tuned.json";
  return true;
}

}  // namespace bnlab
