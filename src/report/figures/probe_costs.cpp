// probe_costs: how long each probe took beside training itself.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/files.h"
#include "experiment/run_directory.h"
#include "report/chart.h"

namespace bnlab {

bool draw_probe_costs(Evidence& evidence, Figure& figure) {
  figure.rows.columns = {"arm", "part", "seconds", "looks", "milliseconds_per_look", "forwards", "backwards"};
  constexpr size_t most_arms = 6;
  const auto arms = some_of(evidence.arm_names(), most_arms);
  for (const Arm& arm : evidence.arms) {
    if (arm.runs.empty() || std::find(arms.begin(), arms.end(), arm.name) == arms.end()) continue;
    const RunRecord& record = arm.runs[0]->run().record;
    const std::string file = record.dir + "/summary.json";
    const Json summary = is_file(file) ? Json::parse(read_text(file), nullptr, false) : Json();
    if (!summary.is_object()) continue;
    const Json cost = summary.value("cost", Json::object()), probes = cost.value("probes", Json::object());
    double others = cost.value("evaluation_seconds", 0.0);
    figure.rows.rows.push_back({arm.name, std::string("evaluation"), others, 0.0, 0.0, 0.0, 0.0});
    for (const auto& [probe, one] : probes.items()) {
      const double looks = one.value("looks", 0.0), each = one.value("milliseconds_per_look", 0.0);
      figure.rows.rows.push_back({arm.name, probe, looks * each / 1000, looks, each,
                                  number_of(one.value("forwards", Json(0))),
                                  number_of(one.value("backwards", Json(0)))});
      others += looks * each / 1000;
    }
    figure.rows.rows.push_back(
        {arm.name, std::string("training"), std::max(0.0, record.seconds - others), 0.0, 0.0, 0.0, 0.0});
  }
  if (figure.rows.rows.empty()) return false;
  const Json tips = {{{"field", "arm"}},
                     {{"field", "part"}},
                     {{"field", "seconds"}, {"format", ".3~g"}},
                     {{"field", "looks"}, {"format", ",d"}},
                     {{"field", "milliseconds_per_look"}, {"format", ".3~g"}},
                     {{"field", "forwards"}, {"format", ",.4~g"}},
                     {{"field", "backwards"}, {"format", ",.4~g"}}};
  figure.spec = {{"params", {hidden_arms()}},
                 {"transform", {shown_arms()}},
                 {"width", 560},
                 {"height", {{"step", arms.size() > 1 ? 9 : 18}}},
                 {"mark", {{"type", "bar"}}},
                 {"encoding",
                  {{"y",
                    {{"field", "part"},
                     {"type", "nominal"},
                     {"sort", {{"field", "seconds"}, {"op", "max"}, {"order", "descending"}}},
                     {"axis", {{"title", nullptr}, {"grid", false}, {"labelLimit", 180}}}}},
                   {"x", {{"field", "seconds"}, {"type", "quantitative"}, {"axis", axis("seconds")}}},
                   {"color", arm_colour(evidence)},
                   {"tooltip", tips}}}};
  if (arms.size() > 1) figure.spec["encoding"]["yOffset"] = {{"field", "arm"}, {"sort", arms}};
  figure.says =
      "Seconds of a whole run (each arm's first seed): training itself, scoring of splits, and every look of every "
      "probe.";
  if (arms.size() < evidence.arms.size())
    figure.says +=
        " Of " + std::to_string(evidence.arms.size()) + " arms " + std::to_string(arms.size()) + " are shown.";
  figure.source = "summary.json";
  return true;
}

}  // namespace bnlab
