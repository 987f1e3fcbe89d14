#include "analysis/reducers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/stats.h"
#include "core/text.h"

namespace bnlab {
namespace {

using Rows = const std::vector<Point>&;
constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();

std::vector<double> values(Rows rows) {
  std::vector<double> out;
  for (const Point& p : rows) out.push_back(p.value);
  return out;
}

// m(t), in the order of the steps.
std::map<double, double> by_step(Rows rows) {
  std::map<double, std::vector<double>> all;
  for (const Point& p : rows) all[p.step].push_back(p.value);
  std::map<double, double> out;
  for (const auto& [step, at_step] : all) out[step] = mean(at_step);
  return out;
}

bool any_nan(Rows rows) {
  return std::any_of(rows.begin(), rows.end(), [](const Point& p) { return std::isnan(p.value); });
}

// m of the first, of the last step
double first(Rows rows, double, std::string&) { return by_step(rows).begin()->second; }
double last(Rows rows, double, std::string&) { return by_step(rows).rbegin()->second; }

double greatest(Rows rows, double, std::string&) {
  return any_nan(rows) ? nan : std::max_element(rows.begin(), rows.end(), [](const Point& a, const Point& b) { return a.value < b.value; })->value;
}
double least(Rows rows, double, std::string&) {
  return any_nan(rows) ? nan : std::min_element(rows.begin(), rows.end(), [](const Point& a, const Point& b) { return a.value < b.value; })->value;
}
double range(Rows rows, double, std::string& why) { return greatest(rows, 0, why) - least(rows, 0, why); }

double mean_of(Rows rows, double, std::string&) { return mean(values(rows)); }
double median_of(Rows rows, double, std::string&) { return median(values(rows)); }
double quantile_of(Rows rows, double q, std::string&) { return quantile(values(rows), q); }
double sum(Rows rows, double, std::string&) {
  double out = 0;
  for (const Point& p : rows) out += p.value;
  return out;
}

// m(number)
double at_step(Rows rows, double number, std::string& why) {
  const auto steps = by_step(rows);
  const auto found = steps.find(number);
  if (found != steps.end()) return found->second;
  why = fmt::format("no row at step {} ({} to {})", number, steps.begin()->first, steps.rbegin()->first);
  return nan;
}

// min {t: m(t) >= number}; where m begins above the number, min {t: m(t) <= number}; inf where there is no such t
double time_to(Rows rows, double number, std::string&) {
  const auto steps = by_step(rows);
  const auto begin = std::find_if(steps.begin(), steps.end(), [](const auto& s) { return !std::isnan(s.second); });
  const bool falls = begin != steps.end() && begin->second > number;
  const auto found = std::find_if(begin, steps.end(), [&](const auto& s) { return falls ? s.second <= number : s.second >= number; });
  return found == steps.end() ? infinite : found->first;
}

// sum of |m(t) - m(the step before t)|
double path(Rows rows, double, std::string&) {
  const auto steps = by_step(rows);
  double out = 0, before = steps.begin()->second;
  for (const auto& [step, value] : steps) out += std::abs(value - before), before = value;
  return out;
}

// share of v > number
double count_above(Rows rows, double number, std::string&) {
  if (any_nan(rows)) return nan;
  return static_cast<double>(std::count_if(rows.begin(), rows.end(), [&](const Point& p) { return p.value > number; })) / static_cast<double>(rows.size());
}

// sum (at - mean at) (v - mean v) / sum (at - mean at)^2
double slope(Rows rows, double, std::string& why) {
  const auto [low, high] = std::minmax_element(rows.begin(), rows.end(), [](const Point& a, const Point& b) { return a.at < b.at; });
  if (std::any_of(rows.begin(), rows.end(), [](const Point& p) { return std::isnan(p.at); })) {
    why = "a row has nothing in the column `at`";
  } else if (low->at == high->at) {
    why = "all rows have the same `at`";
  }
  if (!why.empty()) return nan;
  double x = 0, y = 0, xx = 0, xy = 0;
  for (const Point& p : rows) x += p.at / static_cast<double>(rows.size()), y += p.value / static_cast<double>(rows.size());
  for (const Point& p : rows) xx += (p.at - x) * (p.at - x), xy += (p.at - x) * (p.value - y);
  return xy / xx;
}

double log2_slope(Rows rows, double, std::string& why) {
  std::vector<Point> logs = rows;
  for (Point& p : logs) {
    if (p.value <= 0) why = fmt::format("{} has no logarithm", p.value);
    p.value = std::log2(p.value);
  }
  return why.empty() ? slope(logs, 0, why) : nan;
}

}  // namespace

const std::vector<Reducer>& reducers() {
  static const std::vector<Reducer> all{{"first", "", first},
                                        {"last", "", last},
                                        {"max", "", greatest},
                                        {"min", "", least},
                                        {"mean", "", mean_of},
                                        {"median", "", median_of},
                                        {"sum", "", sum},
                                        {"range", "", range},
                                        {"path", "", path},
                                        {"slope", "", slope, true},
                                        {"log2_slope", "", log2_slope, true},
                                        {"at", "a step", at_step},
                                        {"time_to", "a value", time_to},
                                        {"count_above", "a value", count_above},
                                        {"quantile", "0 to 1", quantile_of}};
  return all;
}

}  // namespace bnlab
