// verdicts: what came out of every claim: the estimate with its interval, and what was claimed.
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "experiment/run_directory.h"
#include "report/chart.h"

namespace bnlab {
namespace {

// "> 0.1", "within 0.05", "0.2 to 0.4": the numbers in what was claimed.
std::vector<double> bounds_of(const std::string& threshold) {
  std::vector<double> out;
  for (size_t at = 0; at < threshold.size();) {
    const size_t begin = threshold.find_first_of("-0123456789.", at);
    if (begin == std::string::npos) break;
    char* end = nullptr;
    const double value = std::strtod(threshold.c_str() + begin, &end);
    const auto stop = static_cast<size_t>(end - threshold.c_str());
    if (stop > begin) out.push_back(value);
    at = std::max(stop, begin + 1);
  }
  if (threshold.find("within") != std::string::npos && out.size() == 1) out.insert(out.begin(), -out[0]);
  return out;
}

}  // namespace

bool draw_verdicts(Evidence& evidence, Figure& figure) {
  if (!evidence.verdict.is_object()) return false;
  figure.rows.columns = {"claim", "verdict", "estimate", "low", "high", "claimed", "bound", "bound2", "seeds", "says"};
  Json order = Json::array();
  for (const Json& claim : evidence.verdict.value("claims", Json::array())) {
    for (const Json& c : claim.value("comparisons", Json::array())) {
      const bool several = claim["comparisons"].size() > 1;
      const Json interval = c.value("interval", Json::array());
      const auto bounds = bounds_of(claim.value("threshold", ""));
      constexpr double nan = std::numeric_limits<double>::quiet_NaN();
      auto finite = [](double value) { return std::isfinite(value) ? value : nan; };
      const std::string name = claim.value("name", "") + (several ? ": " + c.value("arm", "") : "");
      order.push_back(name);
      figure.rows.rows.push_back({name, several ? c.value("verdict", "") : claim.value("verdict", ""),
                                  finite(number_of(c.value("estimate", Json()))),
                                  interval.size() == 2 ? finite(number_of(interval[0])) : nan,
                                  interval.size() == 2 ? finite(number_of(interval[1])) : nan,
                                  claim.value("threshold", ""), !bounds.empty() ? bounds[0] : nan,
                                  bounds.size() > 1 ? bounds[1] : nan, c.value("n", 0.0), claim.value("says", "")});
    }
  }
  if (figure.rows.rows.empty()) return false;
  const Json colour{
      {"field", "verdict"},
      {"type", "nominal"},
      {"scale",
       {{"domain", {"supported", "refuted", "undecided"}}, {"range", {palette()[2], palette()[1], palette()[6]}}}},
      {"legend", {{"title", nullptr}, {"orient", "bottom"}}}};
  const Json shape{
      {"field", "verdict"},
      {"type", "nominal"},
      {"scale", {{"domain", {"supported", "refuted", "undecided"}}, {"range", {"circle", "square", "diamond"}}}},
      {"legend", {{"title", nullptr}, {"orient", "bottom"}}}};
  const Json tips = {{{"field", "says"}, {"title", "claim"}},
                     {{"field", "verdict"}},
                     {{"field", "estimate"}, {"format", ".4~g"}},
                     {{"field", "low"}, {"format", ".4~g"}},
                     {{"field", "high"}, {"format", ".4~g"}},
                     {{"field", "claimed"}},
                     {{"field", "seeds"}}};
  auto x = [](const std::string& field) {
    return Json{{"field", field},
                {"type", "quantitative"},
                {"axis", {{"title", nullptr}, {"tickCount", 5}}},
                {"scale", {{"zero", false}, {"nice", true}}}};
  };
  const Json layers = {
      {{"mark", {{"type", "rule"}, {"strokeWidth", 2.2}}},
       {"encoding", {{"x", x("low")}, {"x2", {{"field", "high"}}}, {"color", colour}, {"tooltip", tips}}}},
      {{"mark", {{"type", "tick"}, {"thickness", 1.5}, {"size", 22}, {"color", "#8a857a"}}},
       {"encoding", {{"x", x("bound")}, {"tooltip", tips}}}},
      {{"mark", {{"type", "tick"}, {"thickness", 1.5}, {"size", 22}, {"color", "#8a857a"}}},
       {"encoding", {{"x", x("bound2")}, {"tooltip", tips}}}},
      {{"mark", {{"type", "point"}, {"filled", true}, {"size", 80}, {"opacity", 1}}},
       {"encoding", {{"x", x("estimate")}, {"color", colour}, {"shape", shape}, {"tooltip", tips}}}}};
  figure.spec = {{"facet",
                  {{"row",
                    {{"field", "claim"},
                     {"type", "nominal"},
                     {"sort", order},
                     {"title", nullptr},
                     {"header",
                      {{"labelAngle", 0},
                       {"labelAlign", "left"},
                       {"labelAnchor", "start"},
                       {"labelOrient", "top"},
                       {"labelPadding", 2}}}}}}},
                 {"spacing", 10},
                 {"spec", {{"width", 520}, {"height", 24}, {"layer", layers}}},
                 {"resolve", {{"scale", {{"x", "independent"}}}}}};
  figure.says =
      "A row a claim, each on its own scale: the estimate over seeds with its interval, and the bounds of what was "
      "claimed as ticks. An interval that never ends (a goal that was never reached, a run that diverged) is not "
      "drawn; the table has it.";
  figure.source = "verdict.json";
  return true;
}

}  // namespace bnlab
