#include "analysis/publication.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "build_info.h"
#include "core/environment.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "experiment/run_directory.h"

namespace bnlab {
namespace {

namespace fs = std::filesystem;

Json read_json(const std::string& file) { return is_file(file) ? Json::parse(read_text(file), nullptr, false) : Json(); }

// A row a run: which it is, how it ended, what was chosen for it, every measure of the claims.
std::string runs_csv(const std::vector<TableRun>& runs, const Experiment& experiment, const std::vector<Claim>& claims) {
  std::vector<std::string> names{"test_accuracy", "train_loss"};
  for (const Claim& claim : claims) {
    if (std::find(names.begin(), names.end(), claim.measured) == names.end()) names.push_back(claim.measured);
  }
  std::vector<std::string> paths;
  if (experiment.tuning) paths.push_back(experiment.tuning->path);
  std::string out = "arm,seed,state,steps,seconds";
  for (const auto& path : paths) out += "," + csv_field(path);
  for (const auto& name : names) out += "," + csv_field(name);
  out += "\n";
  for (const TableRun& run : runs) {
    RunData data(run);
    out += fmt::format("{},{},{},{},{:.2f}", csv_field(run.record.arm), run.record.seed, run.record.state, run.record.step, run.record.seconds);
    for (const auto& path : paths) out += "," + csv_field(field(run, path));
    for (const auto& name : names) out += "," + number(Measure::parse(name).of(data).value);
    out += "\n";
  }
  return out;
}

// Scores over training with running statistics, of all runs.
std::string curves_csv(const std::vector<TableRun>& runs) {
  std::string out = "arm,seed,step,split,loss,accuracy\n";
  for (const TableRun& run : runs) {
    if (!is_file(run.record.dir + "/eval.csv")) continue;
    const Csv csv = Csv::read(run.record.dir + "/eval.csv");
    for (size_t row = 0; row < csv.rows(); ++row) {
      if (csv.text(row, csv.column("bn_mode")) != "running") continue;
      out += fmt::format("{},{}", csv_field(run.record.arm), run.record.seed);
      for (const char* column : {"step", "split"}) out += fmt::format(",{}", csv.text(row, csv.column(column)));
      for (const char* column : {"loss", "accuracy"}) out += "," + fmt::format("{:.5g}", csv.number(row, csv.column(column)));
      out += "\n";
    }
  }
  return out;
}

void paste(const std::string& readme, const std::string& text) {
  const std::string begin = "<!-- results -->\n", end = "<!-- /results -->";
  if (!is_file(readme)) return;
  std::string all = read_text(readme);
  const size_t from = all.find(begin);
  if (from == std::string::npos) return;
  const size_t to = all.find(end, from);
  const std::string rest = to == std::string::npos ? "\n" + all.substr(from + begin.size()) : all.substr(to + end.size());
  write_atomically(readme, all.substr(0, from + begin.size()) + text + end + rest);
}

// From the first table row on: the README has a title of its own.
std::string body_of(const std::string& markdown) {
  const size_t at = markdown.find("| claim |");
  return at == std::string::npos ? markdown : markdown.substr(at);
}

std::string figure(const Json& value) { return value.is_number() ? fmt::format("{:.3g}", value.get<double>()) : value.is_string() ? value.get<std::string>() : "-"; }

std::string cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

// The pictures that `bnlab report --gallery` has put there, small, each a link to itself; its numbers are beside it.
std::string figures_of(const std::string& folder, const std::string& name) {
  std::vector<std::string> figures;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder + "/figures", none)) {
    if (entry.path().extension() == ".svg") figures.push_back(entry.path().stem().string());
  }
  if (figures.empty()) return "";
  std::sort(figures.begin(), figures.end());
  std::string out = "\n";
  for (const auto& figure : figures) {
    std::string title = figure;
    std::replace(title.begin(), title.end(), '_', ' ');
    out += fmt::format("<a href=\"{0}/figures/{1}.svg\"><img src=\"{0}/figures/{1}.svg\" width=\"400\" alt=\"{2}\"></a>\n", name, figure, title);
  }
  out += "\nFigures:";
  for (const auto& figure : figures) out += fmt::format(" [{1}]({0}/figures/{1}.svg) ([csv]({0}/figures/{1}.csv)){2}", name, figure, figure == figures.back() ? ".\n" : ",");
  return out;
}

}  // namespace

std::vector<std::string> experiment_roots() {
  std::vector<std::string> out;
  for (const std::string& root : {std::string("experiments"), std::string(BNLAB_SOURCE_DIR "/experiments")}) {
    if (is_directory(root)) out.push_back(root);
  }
  return out;
}

std::vector<std::string> experiment_files(const std::string& root) {
  std::vector<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().filename() == "experiment.json") out.push_back(entry.path().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string experiment_name(const std::string& file) {
  const fs::path folder = fs::weakly_canonical(file).parent_path();
  return folder.parent_path().filename().string() + "/" + folder.filename().string();
}

void publish(const Judgement& judgement, const Experiment& experiment, const std::vector<Claim>& claims, const std::string& out, const std::string& folder, const std::string& file, const Effort& effort) {
  make_directories(folder);
  const std::vector<TableRun> runs = runs_of(experiment, out);
  const std::string markdown = to_markdown(judgement);
  write_atomically(folder + "/verdict.json", to_json(judgement).dump(2) + "\n");
  write_atomically(folder + "/verdict.md", markdown);
  write_atomically(folder + "/runs.csv", runs_csv(runs, experiment, claims));
  write_atomically(folder + "/curves.csv", curves_csv(runs));
  if (const std::string tuned = out + "/" + experiment.name + "/tuned.json"; is_file(tuned)) write_atomically(folder + "/tuned.json", read_text(tuned));
  const Json before = read_json(folder + "/manifest.json");
  Json manifest{{"command", fmt::format("bnlab reproduce {}", experiment_name(file))}, {"commits", judgement.commits}, {"cpu", cpu_model()}, {"jobs", effort.jobs}, {"runs", judgement.runs},
                {"training_seconds", std::round(judgement.seconds)}, {"made", utc_now()}};
  // a repetition that only judged keeps how long the runs took
  const bool all = effort.reused == 0 || !before.is_object();
  manifest["wall_seconds"] = all ? Json(std::round(effort.wall_seconds)) : before.value("wall_seconds", Json(std::round(effort.wall_seconds)));
  manifest["reused_runs"] = all ? Json(effort.reused) : before.value("reused_runs", Json(effort.reused));
  write_atomically(folder + "/manifest.json", manifest.dump(2) + "\n");
  paste(fs::path(file).parent_path().string() + "/README.md", body_of(markdown));
}

Published read_published(const std::string& folder) {
  Published out;
  const Json manifest = read_json(folder + "/manifest.json"), verdict = read_json(folder + "/verdict.json");
  if (manifest.is_object()) out.wall_seconds = manifest.value("wall_seconds", 0.0);
  if (verdict.is_object()) {
    for (const Json& claim : verdict.value("claims", Json::array())) out.verdicts.push_back(claim.value("verdict", ""));
  }
  return out;
}

void write_results_table(const std::string& results) {
  std::vector<std::string> folders;
  for (const auto& entry : fs::recursive_directory_iterator(results)) {
    const std::string folder = entry.path().parent_path().string();
    if (entry.path().filename() == "verdict.json" && folder.find(results + "/runs") != 0) folders.push_back(folder);
  }
  std::sort(folders.begin(), folders.end());
  size_t counts[3] = {};
  const std::string names[3] = {"supported", "refuted", "undecided"};
  std::string table;
  for (const std::string& folder : folders) {
    const Json verdict = read_json(folder + "/verdict.json");
    const std::string name = folder.substr(results.size() + 1);
    table += fmt::format("\n## [{}](../experiments/{}/README.md): {}\n\n{}\n\n| claim | paper | ours | interval | claimed | n | verdict |\n|---|---|---|---|---|---|---|\n", name, name, verdict.value("paper", ""), verdict.value("what", ""));
    for (const Json& claim : verdict.value("claims", Json::array())) {
      for (int k = 0; k < 3; ++k) counts[k] += claim.value("verdict", "") == names[k];
      const Json& comparisons = claim["comparisons"];
      for (size_t i = 0; i < comparisons.size(); ++i) {
        const Json& c = comparisons[i];
        const std::string arm = comparisons.size() > 1 ? cell(c.value("arm", "")) + ": " : "";
        table += fmt::format("| {} | {} | {}{} | {} to {} | {} | {} | {} |\n", i == 0 ? cell(claim.value("says", "")) : "", i == 0 ? cell(claim.value("paper", "")) : "", arm, figure(c["estimate"]), figure(c["interval"][0]), figure(c["interval"][1]), claim.value("threshold", ""),
                             c.value("n", 0), comparisons.size() > 1 ? (i == 0 ? "**" + claim.value("verdict", "") + "**: " : "") + c.value("verdict", "") : "**" + claim.value("verdict", "") + "**");
      }
    }
    const Json manifest = read_json(folder + "/manifest.json");
    table += fmt::format("\n[verdict]({0}/verdict.md), [runs]({0}/runs.csv), [curves]({0}/curves.csv); `bnlab reproduce {0}`, {1} on {2} at commit {3}{4}\n", name, duration(manifest.value("wall_seconds", 0.0)), manifest.value("cpu", "?"),
                         verdict["commits"].empty() ? "?" : verdict["commits"][0].get<std::string>().substr(0, 12), verdict.value("data", "").empty() ? "." : "; data: " + verdict.value("data", "") + ".");
    table += figures_of(folder, name);
  }
  const std::string head = fmt::format("# What the papers claim, and what came out\n\nMade by `bnlab reproduce --table` from the `verdict.json` of each folder. {} claims: {} supported, {} refuted, {} undecided. An estimate is over seeds, one number a run; "
                                       "[statistics](../docs/statistics.md) and [claims](../docs/claims.md) say how it is decided. Claims, margins and seeds were committed before the runs. Protocols and deviations are in the README of each experiment.\n",
                                       counts[0] + counts[1] + counts[2], counts[0], counts[1], counts[2]);
  write_atomically(results + "/README.md", head + table);
}

}  // namespace bnlab
