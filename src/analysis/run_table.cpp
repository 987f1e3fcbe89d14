#include "analysis/run_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/stats.h"
#include "core/text.h"

namespace bnlab {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
const std::vector<std::string> fields{"name", "arm", "seed", "state", "why", "step", "seconds", "commit", "dir"};

void name_paths(const Json& config, const std::string& prefix, std::set<std::string>& out) {
  for (const auto& [key, value] : config.items()) {
    out.insert(prefix + key);
    if (value.is_object()) name_paths(value, prefix + key + ".", out);
  }
}

}  // namespace

const Json* at_path(const Json& config, const std::string& path) {
  const Json* at = &config;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('.', begin), path.size());
    const std::string key = path.substr(begin, end - begin);
    if (!at->is_object() || !at->contains(key)) return nullptr;
    at = &(*at)[key];
    begin = end + 1;
  }
  return at;
}

std::vector<std::string> paths_of(const Json& config) {
  std::set<std::string> out;
  name_paths(config, "", out);
  return {out.begin(), out.end()};
}

std::string field(const TableRun& run, const std::string& name) {
  const RunRecord& r = run.record;
  if (name == "name") return r.name;
  if (name == "arm") return r.arm;
  if (name == "seed") return std::to_string(r.seed);
  if (name == "state") return r.state;
  if (name == "why") return r.why;
  if (name == "step") return std::to_string(r.step);
  if (name == "seconds") return r.seconds > 0 ? fmt::format("{:.1f}", r.seconds) : "";
  if (name == "commit") return r.commit.substr(0, 12);
  if (name == "dir") return r.dir;
  if (const auto at = r.measures.find(name); at != r.measures.end()) return std::isnan(at->second) ? "" : number(at->second);
  const Json* value = at_path(run.config, name);
  if (!value || value->is_null()) return "";
  if (value->is_object() && value->contains("name")) value = &(*value)["name"];
  return value->is_string() ? value->get<std::string>() : value->dump();
}

TableRun load_run(const std::string& dir) {
  TableRun run;
  if (!read_run(dir, run.record)) throw FileError(dir, "is no run directory (there is no status.json)");
  run.config = config_of(run.record);
  return run;
}

void check_fields(const std::vector<TableRun>& runs, const std::vector<std::string>& names, const std::string& option) {
  if (runs.empty()) return;
  for (const std::string& name : names) {
    if (std::any_of(runs.begin(), runs.end(), [&](const TableRun& run) { return !field(run, name).empty(); })) continue;
    std::set<std::string> known(fields.begin(), fields.end());
    for (const TableRun& run : runs) {
      name_paths(run.config, "", known);
      for (const auto& [key, value] : run.record.measures) known.insert(key);
    }
    if (!known.contains(name)) throw UsageError(fmt::format("{}: no run has '{}'{}", option, name, did_you_mean(name, {known.begin(), known.end()})));
  }
}

std::vector<TableRun> load_runs(const std::string& root, const std::vector<std::string>& conditions) {
  if (!is_directory(root)) throw FileError(root, "there is no such directory; `bnlab run` makes results/runs, --out says another");
  std::vector<TableRun> all;
  for (RunRecord& record : find_runs(root)) {
    Json config = config_of(record);
    all.push_back({std::move(record), std::move(config)});
  }
  std::vector<std::pair<std::string, std::string>> wanted;
  for (const std::string& condition : conditions) {
    const size_t equals = condition.find('=');
    if (equals == std::string::npos || equals == 0) throw UsageError("--where: expected PATH=PATTERN, got '" + condition + "'");
    wanted.emplace_back(condition.substr(0, equals), condition.substr(equals + 1));
  }
  std::vector<std::string> names;
  for (const auto& [path, pattern] : wanted) names.push_back(path);
  check_fields(all, names, "--where");
  std::erase_if(all, [&](const TableRun& run) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const auto& condition) { return !matches(condition.second, field(run, condition.first)); });
  });
  return all;
}

std::vector<Group> group_runs(const std::vector<TableRun>& runs, const std::vector<std::string>& by, const std::vector<double>& measured) {
  std::vector<std::vector<std::string>> order;
  std::map<std::vector<std::string>, std::vector<double>> values;
  std::map<std::vector<std::string>, size_t> without;
  std::map<std::vector<std::string>, std::map<int64_t, size_t>> seeds;
  std::map<std::vector<std::string>, std::vector<size_t>> twice;
  for (size_t i = 0; i < runs.size(); ++i) {
    std::vector<std::string> key;
    for (const auto& name : by) key.push_back(field(runs[i], name));
    if (!values.contains(key)) order.push_back(key), values[key];
    const auto [same, fresh] = seeds[key].emplace(runs[i].record.seed, i);
    if (!fresh && twice[key].empty()) twice[key] = {same->second, i};
    std::isnan(measured[i]) ? static_cast<void>(++without[key]) : values[key].push_back(measured[i]);
  }
  std::vector<Group> out;
  for (const auto& key : order) {
    const auto& v = values[key];
    Group group{key, v.size(), without[key], mean(v), nan, nan, nan, nan, twice[key]};
    if (!v.empty()) group.least = *std::min_element(v.begin(), v.end()), group.most = *std::max_element(v.begin(), v.end());
    if (v.size() >= 2 && group.twice.empty()) {
      double squares = 0;
      for (const double x : v) squares += (x - group.mean) * (x - group.mean);
      const auto n = static_cast<double>(v.size());
      const double t = boost::math::quantile(boost::math::students_t(n - 1), 0.975), half = t * std::sqrt(squares / (n - 1) / n);
      group.low = group.mean - half, group.high = group.mean + half;
    }
    out.push_back(group);
  }
  return out;
}

}  // namespace bnlab
