#include "report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "analysis/interval.h"
#include "core/stats.h"
#include "core/text.h"

namespace bnlab {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

const std::vector<std::string>& palette() {
  static const std::vector<std::string> all{"#2f6fb3", "#d1621b", "#0bb27e", "#964873",
                                            "#9190ff", "#9c7944", "#a096b0", "#53684a"};
  return all;
}

std::vector<Spread> over_seeds(const std::vector<std::vector<Dot>>& seeds) {
  std::map<double, std::vector<double>> at;
  for (const auto& seed : seeds) {
    std::set<double> own;  // one value a seed, the first
    for (const Dot& dot : seed) {
      if (own.insert(dot.x).second) at[dot.x].push_back(dot.y);
    }
  }
  std::vector<Spread> out;
  for (const auto& [x, values] : at) {
    if (values.size() < seeds.size()) continue;
    Spread spread{x, mean(values), nan, nan, values.size()};
    if (values.size() == 2) spread.low = std::min(values[0], values[1]), spread.high = std::max(values[0], values[1]);
    if (values.size() > 2) {
      const Interval interval = student_interval(values);
      spread.low = interval.low, spread.high = interval.high;
    }
    out.push_back(spread);
  }
  return out;
}

std::string spread_in_words(const Evidence& evidence) {
  const size_t n = evidence.seeds();
  if (n < 2) return "";
  return n == 2 ? " Lines are means of 2 seeds, bands their range."
                : fmt::format(
                      " Lines are means of {} seeds, bands their 95 % intervals (Student); where a seed has no number "
                      "any more the line ends.",
                      n);
}

// Where there is no browser, Vega takes a letter to be 0.8 of its height wide, and cuts accordingly.
int arm_width(const Evidence& evidence) {
  size_t longest = 0;
  for (const Arm& arm : evidence.arms) longest = std::max(longest, arm.name.size());
  return static_cast<int>(std::min<size_t>(longest, 100)) * 9 + 12;
}

Json arm_colour(const Evidence& evidence) {
  const int wide = arm_width(evidence), columns = std::clamp(900 / (wide + 40), 1, 4);
  Json range = Json::array();
  for (size_t i = 0; i < evidence.arms.size(); ++i) range.push_back(palette()[i % palette().size()]);
  return {{"field", "arm"},
          {"type", "nominal"},
          {"scale", {{"domain", evidence.arm_names()}, {"range", range}}},
          {"legend",
           evidence.arms.size() > 1
               ? Json{{"title", nullptr}, {"orient", "bottom"}, {"columns", columns}, {"labelLimit", wide}, {"symbolOpacity", 1}, {"symbolLimit", 0}}
               : Json()}};
}

Json arm_dash(const Evidence& evidence) {
  static const Json dashes = {{1, 0}, {6, 3}, {2, 2}, {8, 3, 2, 3}};
  Json range = Json::array();
  for (size_t i = 0; i < evidence.arms.size(); ++i)
    range.push_back(dashes[std::min(i / palette().size(), dashes.size() - 1)]);
  return {{"field", "arm"},
          {"type", "nominal"},
          {"scale", {{"domain", evidence.arm_names()}, {"range", range}}},
          {"legend", nullptr}};
}

// Small and large numbers as 1e-7, others as they are; every panel has its own.
Json axis(const std::string& title) {
  return {{"title", title},
          {"labelExpr",
           "datum.label === '' ? '' : datum.value != 0 && (abs(datum.value) < 1e-3 || abs(datum.value) >= 1e5) ? "
           "format(datum.value, '.1~e') : format(datum.value, '~r')"}};
}

std::vector<std::string> some_of(const std::vector<std::string>& words, size_t most) {
  if (words.size() <= most) return words;
  if (most == 1) return {words[words.size() / 2]};
  std::vector<std::string> out;
  for (size_t i = 0; i < most; ++i) out.push_back(words[i * (words.size() - 1) / (most - 1)]);
  return out;
}

Json shown_arms() { return {{"filter", "indexof(hidden, datum.arm) < 0"}}; }
Json hidden_arms() { return {{"name", "hidden"}, {"value", Json::array()}}; }

std::vector<std::string> layers_of(Evidence& evidence, const std::string& probe, const std::string& metric,
                                   std::string_view ending) {
  std::vector<std::string> all;
  std::map<std::string, size_t> arms_with;
  size_t arms = 0;
  for (const Arm& arm : evidence.arms) {
    if (arm.runs.empty()) continue;
    std::set<std::string_view> own;
    for (const Reading& reading : readings(*arm.runs[0], probe, {metric})) {
      if (reading.layer.empty() || !reading.layer.ends_with(ending) || !own.insert(reading.layer).second) continue;
      if (++arms_with[std::string(reading.layer)] == 1) all.emplace_back(reading.layer);
    }
    arms += !own.empty();
  }
  std::vector<std::string> common;
  for (const auto& layer : all) {
    if (arms_with[layer] == arms) common.push_back(layer);
  }
  return common.empty() ? all : common;
}

}  // namespace bnlab
