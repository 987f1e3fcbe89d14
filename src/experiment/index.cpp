#include "experiment/index.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "core/files.h"
#include "core/text.h"
#include "experiment/run_directory.h"

namespace bnlab {
namespace {

Json read_json(const std::string& path) {
  return is_file(path) ? Json::parse(read_text(path), nullptr, false) : Json(nullptr);
}

}  // namespace

bool read_run(const std::string& dir, RunRecord& run) {
  const Json status = read_json(dir + "/status.json");
  if (!status.is_object() || !status.contains("state")) return false;
  run.dir = dir;
  run.state = status.value("state", ""), run.why = status.value("why", "");
  run.step = status.value("step", int64_t{0});
  const Json summary = read_json(dir + "/summary.json"), manifest = read_json(dir + "/manifest.json");
  if (manifest.is_object()) run.commit = manifest.value("commit", "") + (manifest.value("dirty", false) ? "+" : "");
  std::filesystem::path path = std::filesystem::absolute(dir).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();  // "seed-1/"
  const std::string arm = path.parent_path().filename().string(), seed = path.filename().string();
  run.name = path.parent_path().parent_path().filename().string();
  run.arm = arm.substr(0, arm.rfind('-'));
  run.seed = std::atoll(seed.substr(seed.rfind('-') + 1).c_str());
  if (!summary.is_object() || (run.state != "completed" && run.state != "diverged")) return true;
  run.seconds = summary.value("seconds", 0.0), run.step = summary.value("steps", int64_t{0});
  const Json final = summary.value("final", Json::object()), probes = summary.value("probes", Json::object());
  for (const auto& [key, value] : final.items()) run.measures[key] = number_of(value);
  for (const auto& [probe, values] : probes.items()) {
    for (const auto& [key, value] : values.items()) run.measures[probe + "." + key] = number_of(value);
  }
  return true;
}

std::vector<RunRecord> find_runs(const std::string& root, const std::vector<RunRecord>& known) {
  std::vector<RunRecord> out;
  std::map<std::string_view, const RunRecord*> read;
  for (const RunRecord& run : known) read.emplace(run.dir, &run);
  std::error_code error;
  for (auto at = std::filesystem::recursive_directory_iterator(root, error); at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
    if (error) break;
    if (!at->path().filename().string().starts_with("seed-") || !at->is_directory(error)) continue;
    const std::string dir = at->path().string();
    RunRecord run;
    if (const auto there = read.find(dir); there != read.end()) out.push_back(*there->second);
    else if (read_run(dir, run)) out.push_back(std::move(run));
    at.disable_recursion_pending();
  }
  std::sort(out.begin(), out.end(), [](const RunRecord& a, const RunRecord& b) { return std::tie(a.name, a.arm, a.seed, a.dir) < std::tie(b.name, b.arm, b.seed, b.dir); });
  return out;
}

Json config_of(const RunRecord& run) { return read_json(run.dir + "/config.resolved.json"); }

void write_index(const std::string& root, const std::vector<RunRecord>& runs) {
  std::set<std::string> measures;
  for (const auto& run : runs) {
    for (const auto& [key, value] : run.measures) measures.insert(key);
  }
  std::string text = "name,arm,seed,state,step,seconds,commit,dir";
  for (const auto& key : measures) text += "," + key;
  for (const auto& run : runs) {
    text += fmt::format("\n{},{},{},{},{},{},{},{}", csv_field(run.name), csv_field(run.arm), run.seed, run.state, run.step, number(run.seconds), run.commit, csv_field(run.dir));
    for (const auto& key : measures) text += "," + (run.measures.contains(key) ? number(run.measures.at(key)) : "");
  }
  write_atomically(root + "/index.csv", text + "\n");
}

}  // namespace bnlab
