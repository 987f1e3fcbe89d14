#include "experiment/experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "experiment/axes.h"
#include "experiment/run_directory.h"

namespace bnlab {
namespace {

Tuning read_tuning(const Document& document) {
  const Json& tune = *document.find("tune");
  auto fail = [&](const std::string& key, const std::string& what) { throw ConfigError("", document.explain(key.empty() ? "tune" : child("tune", key), what)); };
  if (!tune.is_object()) fail("", "expected an object");
  const std::vector<std::string> known{"path", "values", "seeds", "measure", "goal"};
  for (const auto& [key, value] : tune.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) fail(key, "unknown key" + did_you_mean(key, known) + " (known: " + join(known) + ")");
  }
  Tuning out;
  auto word = [&](const char* key, std::string& value, bool needed) {
    if (!tune.contains(key)) {
      if (needed) fail("", std::string("needs \"") + key + "\"");
      return;
    }
    if (!tune[key].is_string()) fail(key, "expected a string");
    value = tune[key].get<std::string>();
  };
  word("path", out.path, true), word("measure", out.measure, false), word("goal", out.goal, false);
  if (out.goal != "max" && out.goal != "min") fail("goal", "expected \"max\" or \"min\"");
  // the values and seeds are axes: they are read as such, and complain as such
  Document axes = document;
  axes.erase("vary");
  if (!tune.contains("values")) fail("", "needs \"values\"");
  if (!tune.contains("seeds")) fail("", "needs \"seeds\": other ones than those of the runs that count");
  axes.set("vary", Json::array({{{"grid", {{out.path, tune["values"]}}}}}), document.where("tune.values"));
  for (const Setting& setting : read_vary(axes, {}).settings) out.values.push_back(setting.values.at(0).value);
  axes.set("vary", Json::array({{{"seeds", tune["seeds"]}}}), document.where("tune.seeds"));
  for (const Setting& setting : read_vary(axes, {}).settings) {
    const Json& seed = setting.values.at(0).value;
    if (!seed.is_number_integer()) fail("seeds", "expected integers");
    out.seeds.push_back(seed.get<int64_t>());
  }
  return out;
}

// The same arm: everything but the seed.
std::string arm_key(const Cell& cell) { return cell.arm + " " + cell.identity; }

// origin: where `value` was written
Cell changed(const Cell& cell, const std::string& path, const Json& value, const std::string& origin) {
  Cell out = cell;
  out.document.set(path, value, origin);
  out.config = read_run_config(out.document);
  out.config.arm = cell.arm;
  if (path != "seed") out.identity = identity(out.config);
  return out;
}

// Of summary.json: a score of what is evaluated, or a number of a probe that is there, whose name only the probe knows.
void check_measure(const Experiment& experiment) {
  const std::string& measure = experiment.tuning->measure;
  for (const Cell& cell : experiment.cells) {
    std::vector<std::string> known;
    for (const auto& split : cell.config.evaluate.splits) {
      for (const auto& mode : cell.config.evaluate.bn_modes) {
        for (const char* score : {"_loss", "_accuracy"}) known.push_back(split + score + (mode == "running" ? "" : "_" + mode));
      }
    }
    bool there = std::find(known.begin(), known.end(), measure) != known.end();
    for (const Choice& probe : cell.config.probes) {
      there |= measure.starts_with(probe.name + ".");
      known.push_back(probe.name + "...");
    }
    if (!there) throw ConfigError("", experiment.document.explain("tune.measure", fmt::format("'{}' is not measured{} (known: {})", measure, did_you_mean(measure, known), join(known))));
  }
}

}  // namespace

std::vector<std::string> scales_of(const Document& document) {
  std::vector<std::string> out{"standard"};
  if (const Json* scales = document.find("scales")) {
    for (const auto& [name, changes] : scales->items()) out.push_back(name);
  }
  return out;
}

Experiment read_experiment(const std::string& path, const std::vector<std::string>& sets, const std::string& scale) {
  const Document document = compose(path, sets, scale);
  Experiment out;
  out.document = document, out.scale = scale.empty() ? "standard" : scale;
  if (document.find("tune")) out.tuning = read_tuning(document);
  if (document.find("about")) {
    read_fields(document, [&](Fields& f) {
      f.text("paper", out.paper, "whose claims these are");
      f.text("what", out.what, "is asked");
    }, "about");
  }
  Document body = document;
  for (const char* key : {"tune", "claims", "scales", "about"}) body.erase(key);
  out.cells = expand(body, sets);
  if (out.cells.empty()) throw ConfigError("", document.explain("vary", "leaves nothing to run: all cells are excluded"));
  out.name = out.cells[0].config.name;
  for (const Cell& cell : out.cells) {
    if (cell.config.name != out.name) throw ConfigError("", cell.document.explain("name", "an experiment has one name; vary the arm"));
  }
  if (!out.tuning) return out;
  check_measure(out);
  for (const Setting& setting : read_vary(document, {}).settings) {
    for (const Value& value : setting.values) {
      if (value.path == out.tuning->path) throw ConfigError("", document.explain("tune.path", fmt::format("'{}' is varied as well; what is tuned is not varied", value.path)));
    }
  }
  for (const Cell& cell : out.cells) {
    if (std::find(out.tuning->seeds.begin(), out.tuning->seeds.end(), cell.config.seed) != out.tuning->seeds.end()) {
      throw ConfigError("", document.explain("tune.seeds", fmt::format("seed {} tunes and counts; what is tuned on a seed is not judged on it", cell.config.seed)));
    }
  }
  return out;
}

TuningCells tuning_cells(const Experiment& experiment) {
  TuningCells out;
  std::vector<std::string> seen;
  const Tuning& tuning = *experiment.tuning;
  for (size_t i = 0; i < experiment.cells.size(); ++i) {
    const Cell& cell = experiment.cells[i];
    const std::string key = arm_key(cell);
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
    seen.push_back(key);
    for (size_t v = 0; v < tuning.values.size(); ++v) {
      for (const int64_t seed : tuning.seeds) {
        Cell one = changed(changed(cell, tuning.path, tuning.values[v], experiment.document.where("tune.values")), "seed", seed, experiment.document.where("tune.seeds"));
        one.config.name += ".tuning";
        out.cells.push_back(std::move(one));
        out.arm_of.push_back(i), out.value_of.push_back(v);
      }
    }
  }
  return out;
}

std::vector<Cell> every_cell(const Experiment& experiment) {
  std::vector<Cell> out = experiment.cells;
  if (!experiment.tuning) return out;
  for (Cell& cell : tuning_cells(experiment).cells) out.push_back(std::move(cell));
  return out;
}

std::vector<Cell> distinct_cells(const Experiment& experiment) {
  std::vector<Cell> out;
  std::set<std::string> seen, checked;
  auto look = [&](const std::vector<Cell>& cells) {
    for (const Cell& cell : cells) {
      if (!seen.insert(cell.identity).second) continue;
      RunConfig config = cell.config;
      config.train.learning_rate = 1;
      if (checked.insert(identity(config)).second) out.push_back(cell);
    }
  };
  look(experiment.cells);
  if (experiment.tuning) look(tuning_cells(experiment).cells);
  return out;
}

std::vector<Chosen> choose(const Experiment& experiment, const TuningCells& tuning, const std::vector<double>& measured) {
  const Tuning& t = *experiment.tuning;
  const double sign = t.goal == "max" ? 1 : -1, worst = -sign * std::numeric_limits<double>::infinity();
  std::vector<Chosen> out;
  size_t last_arm = std::numeric_limits<size_t>::max();
  for (size_t i = 0; i < tuning.cells.size(); ++i) {
    if (tuning.arm_of[i] != last_arm) {
      out.push_back({tuning.cells[i].arm, 0, false, std::vector<double>(t.values.size(), 0)});
      last_arm = tuning.arm_of[i];
    }
    double& mean = out.back().means[tuning.value_of[i]];
    mean = std::isfinite(measured[i]) ? mean + measured[i] / static_cast<double>(t.seeds.size()) : worst;
  }
  for (Chosen& chosen : out) {
    for (size_t v = 1; v < chosen.means.size(); ++v) {
      if (sign * chosen.means[v] > sign * chosen.means[chosen.value]) chosen.value = v;
    }
    const auto [least, most] = std::minmax_element(t.values.begin(), t.values.end());
    const Json& best = t.values[chosen.value];
    chosen.at_edge = t.values.size() > 1 && best.is_number() && (best == *least || best == *most);
  }
  return out;
}

std::vector<Cell> tuned_cells(const Experiment& experiment, const std::vector<Chosen>& chosen) {
  std::vector<std::string> arms;
  std::vector<Cell> out;
  for (const Cell& cell : experiment.cells) {
    const std::string key = arm_key(cell);
    auto at = std::find(arms.begin(), arms.end(), key);
    if (at == arms.end()) at = arms.insert(arms.end(), key);
    out.push_back(changed(cell, experiment.tuning->path, experiment.tuning->values[chosen.at(static_cast<size_t>(at - arms.begin())).value], experiment.document.where("tune.values")));
  }
  return out;
}

Json to_json(const Experiment& experiment, const std::vector<Chosen>& chosen) {
  const Tuning& t = *experiment.tuning;
  Json arms = Json::array();
  for (const Chosen& c : chosen) {
    Json means = Json::array();
    for (const double mean : c.means) means.push_back(json_number(mean));
    arms.push_back({{"arm", c.arm}, {"value", t.values[c.value]}, {"at_edge", c.at_edge}, {"means", means}});
  }
  return {{"path", t.path}, {"measure", t.measure}, {"goal", t.goal}, {"values", t.values}, {"seeds", t.seeds}, {"arms", arms}};
}

std::vector<Cell> tuned_cells_below(const Experiment& experiment, const std::string& out) {
  if (!experiment.tuning) return experiment.cells;
  const std::string path = out + "/" + experiment.name + "/tuned.json";
  if (!is_file(path)) throw FileError(path, "is not there: nothing has been tuned yet; `bnlab sweep` does");
  const Json tuned = Json::parse(read_text(path), nullptr, false);
  const Tuning& t = *experiment.tuning;
  const auto stale = FileError(path, "was tuned otherwise than the experiment says now; `bnlab sweep` tunes again");
  if (!tuned.is_object() || tuned.value("path", "") != t.path || tuned.value("values", Json()) != Json(t.values) || !tuned.value("arms", Json()).is_array()) throw stale;
  std::vector<Chosen> chosen;
  for (const Json& arm : tuned["arms"]) {
    if (!arm.is_object()) throw stale;
    const auto at = std::find(t.values.begin(), t.values.end(), arm.value("value", Json()));
    if (at == t.values.end()) throw stale;
    chosen.push_back({arm.value("arm", ""), static_cast<size_t>(at - t.values.begin()), false, {}});
  }
  std::set<std::string> arms;
  for (const Cell& cell : experiment.cells) arms.insert(arm_key(cell));
  if (arms.size() != chosen.size()) throw stale;
  return tuned_cells(experiment, chosen);
}

}  // namespace bnlab
