// show RUN_DIR: one run that is there, what it is, what came out, what its probes cost, where its files are.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "analysis/run_table.h"
#include "cli/commands/commands.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "experiment/run_directory.h"

namespace bnlab {
namespace {

Json read_json(const std::string& path) {
  const Json json = is_file(path) ? Json::parse(read_text(path), nullptr, false) : Json();
  return json.is_object() ? json : Json::object();
}

// The run in a directory, or the only one below it.
TableRun only_run(std::string dir) {
  while (dir.size() > 1 && dir.back() == '/') dir.pop_back();
  if (is_file(dir + "/status.json")) return load_run(dir);
  const std::vector<RunRecord> runs = find_runs(dir);
  if (runs.size() > 1) throw UsageError(fmt::format("{}: holds {} runs, `show` takes one; `bnlab ls {}` lists them", dir, runs.size(), dir));
  return load_run(runs.empty() ? dir : runs[0].dir);
}

std::vector<std::string> files_of(const std::string& dir) {
  std::vector<std::string> out;
  std::error_code none;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir, none)) {
    const std::string name = entry.path().lexically_relative(dir).string();
    if (entry.is_regular_file(none) && name != ".lock") out.push_back(name);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Json description(const TableRun& run) {
  const RunRecord& r = run.record;
  const Json manifest = read_json(r.dir + "/manifest.json"), status = read_json(r.dir + "/status.json"), summary = read_json(r.dir + "/summary.json");
  const bool ended = r.state == "completed" || r.state == "diverged";
  Json out{{"dir", r.dir}, {"name", r.name}, {"arm", r.arm}, {"seed", r.seed}, {"state", r.state}, {"step", r.step}, {"files", files_of(r.dir)}};
  out["why"] = r.why.empty() ? Json() : Json(r.why);
  out["at_work"] = RunDirectory::at_work(r.dir);
  out["steps"] = at_path(run.config, "train.steps") ? *at_path(run.config, "train.steps") : Json();
  out["model"] = at_path(run.config, "model.name") ? *at_path(run.config, "model.name") : Json();
  out["updated"] = status.value("updated", Json());
  for (const char* key : {"commit", "dirty", "command", "started", "resumed", "commits", "host", "cpu", "threads", "parameters", "data"}) out[key] = manifest.value(key, Json());
  out["seconds"] = ended ? Json(r.seconds) : Json();
  for (const char* key : {"final", "probes", "cost"}) out[key] = ended ? summary.value(key, Json::object()) : Json::object();
  return out;
}

std::string word(const Json& json) { return json.is_string() ? json.get<std::string>() : json.is_null() ? "?" : json.dump(); }
std::string count(const Json& json) { return json.is_number() ? grouped(json.get<long long>()) : "?"; }

std::string state_of(const Json& run) {
  const std::string state = run["state"], of = run["steps"].is_number() ? " of " + count(run["steps"]) : "";  // or epochs
  if (state == "completed" || state == "diverged") return fmt::format("{} after {} steps, {}", state, count(run["step"]), duration(number_of(run["seconds"])));
  if (state == "failed") return "failed: " + word(run["why"]);
  if (state == "running" && !run["at_work"].get<bool>()) return "was killed; `bnlab run --resume` with its config goes on";
  if (state == "running") return "running; `bnlab tail -f` follows";
  return fmt::format("{} at step {}{}", state, count(run["step"]), of);
}

void print_run(const Json& run) {
  fmt::print("{}, arm {}, seed {}: {}\n\n", word(run["name"]), word(run["arm"]), run["seed"].get<int64_t>(), state_of(run));
  auto line = [](const char* title, const std::string& text) { fmt::print("{:<10}{}\n", title, text); };
  const bool known = run["commit"].is_string();
  if (known) {
    line("commit", word(run["commit"]).substr(0, 12) + (run["dirty"] == true ? ", src changed since" : ""));
    line("made", fmt::format("{} to {}, on {} ({}), {} thread{}", word(run["started"]), word(run["updated"]), word(run["host"]), word(run["cpu"]), word(run["threads"]), run["threads"] == 1 ? "" : "s"));
    line("command", word(run["command"]));
    if (run["resumed"].is_array()) {
      std::vector<std::string> stops;
      for (const Json& stop : run["resumed"]) stops.push_back(count(stop.value("step", Json())));
      line("went on", "at step " + join(stops) + (run["commits"].is_array() ? ", with another build" : ""));
    }
    line("network", fmt::format("{}, {} parameters", word(run["model"]), count(run["parameters"])));
  }
  if (const Json& data = run["data"]; data.is_object()) {
    std::vector<std::string> splits;
    for (const char* split : {"train", "validation", "test"}) {
      if (data.value(split, int64_t{0}) > 0) splits.push_back(fmt::format("{} {}", count(data[split]), split));
    }
    line("data", fmt::format("{}: {}; {}", word(data.value("name", Json())), join(splits), word(data.value("source", Json()))));
    if (data.value("caution", "") != "") line("", word(data["caution"]));
  }
  std::vector<std::vector<std::string>> rows{{"number", "value"}};
  auto add = [&](const std::string& name, const Json& value) { rows.push_back({name, value.is_null() ? "-" : fmt::format("{:.6g}", number_of(value))}); };
  for (const auto& [name, value] : run["final"].items()) add(name, value);
  for (const auto& [probe, values] : run["probes"].items()) {
    for (const auto& [name, value] : values.items()) add(probe + "." + name, value);
  }
  if (rows.size() > 1) fmt::print("\n{}", aligned(rows));
  if (const Json costs = run["cost"].value("probes", Json::object()); !costs.empty()) {
    rows = {{"probe", "looks", "ms a look", "seconds", "forwards", "backwards"}};
    for (const auto& [probe, cost] : costs.items()) {
      const double looks = cost.value("looks", 0.0), each = cost.value("milliseconds_per_look", 0.0);
      rows.push_back({probe, count(cost["looks"]), fmt::format("{:.3g}", each), fmt::format("{:.2f}", looks * each / 1000), count(cost["forwards"]), count(cost["backwards"])});
    }
    fmt::print("\n{}", aligned(rows));
    fmt::print("\nevaluation: {}\n", duration(run["cost"].value("evaluation_seconds", 0.0)));
  }
  fmt::print("\n{}/\n", word(run["dir"]));
  for (const Json& file : run["files"]) fmt::print("  {}\n", word(file));
}

}  // namespace

int show_run(const std::string& dir, const std::vector<std::string>& sets, bool json) {
  if (!sets.empty()) throw UsageError(dir + ": is a directory; --set changes a config, not a run that is there");
  const Json run = description(only_run(dir));
  if (json) return fmt::print("{}\n", run.dump(2)), 0;
  print_run(run);
  return 0;
}

}  // namespace bnlab
