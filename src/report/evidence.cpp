#include "report/evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <set>

#include "analysis/publication.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"

namespace bnlab {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Json json_of(const std::string& file) {
  const Json json = is_file(file) ? Json::parse(read_text(file), nullptr, false) : Json();
  return json.is_object() ? json : Json();
}

// What a sweep, `verdict` or `reproduce` left beside the runs.
void take_documents(const std::string& folder, Evidence& into) {
  if (into.tuned.is_null()) into.tuned = json_of(folder + "/tuned.json");
  if (into.verdict.is_null()) into.verdict = json_of(folder + "/verdict.json");
  if (into.manifest.is_null()) into.manifest = json_of(folder + "/manifest.json");
}

void take_kept(const std::string& folder, Evidence& into) {
  take_documents(folder, into);
  into.title = into.verdict.value("name", folder), into.what = into.verdict.value("what", "");
  if (is_file(folder + "/runs.csv")) into.kept = Csv::read(folder + "/runs.csv");
  if (!is_file(folder + "/curves.csv")) return;
  const Csv csv = Csv::read(folder + "/curves.csv");
  for (size_t row = 0; row < csv.rows(); ++row) {
    auto word = [&](const char* column) { return std::string(csv.text(row, csv.column(column))); };
    auto value = [&](const char* column) { return csv.number(row, csv.column(column)); };
    into.scores.push_back({word("arm"), word("split"), static_cast<int64_t>(value("seed")), value("step"),
                           value("loss"), value("accuracy")});
  }
}

void take_experiment(const std::string& file, const std::string& out, const std::string& scale, Evidence& into) {
  const Experiment experiment = read_experiment(file, {}, scale);
  const std::string folder = out + "/" + experiment.name;
  const size_t before = into.runs.size();
  for (TableRun& run : runs_of(experiment, out)) {
    if (!run.record.dir.empty()) into.runs.push_back(std::move(run));
  }
  if (into.runs.size() == before)  // those of an older config, or of an older bnlab, may lie there
    throw FileError(folder, fmt::format("there are no runs; `bnlab sweep {}` makes them", file));
  take_documents(folder, into);
  into.title = experiment.name, into.what = experiment.what;
}

// experiments/<name>/experiment.json, or "".
std::string experiment_called(const std::string& name, std::vector<std::string>& known) {
  for (const std::string& root : experiment_roots()) {
    for (const auto& file : experiment_files(root)) {
      known.push_back(experiment_name(file));
      if (known.back() == name) return file;
    }
  }
  return "";
}

void take(const std::string& asked, const std::string& out, const std::string& scale, Evidence& into) {
  if (is_file(asked + "/status.json")) {
    into.runs.push_back(load_run(asked));
  } else if (is_file(asked + "/verdict.json") && is_file(asked + "/runs.csv")) {
    take_kept(asked, into);
  } else if (is_file(asked + "/experiment.json")) {
    take_experiment(asked + "/experiment.json", out, scale, into);
  } else if (is_directory(asked)) {
    auto found = load_runs(asked, {});
    if (found.empty()) throw FileError(asked, "holds no runs");
    std::move(found.begin(), found.end(), std::back_inserter(into.runs));
    take_documents(asked, into);
  } else if (is_file(asked)) {
    take_experiment(asked, out, scale, into);
  } else {
    std::vector<std::string> known;
    const std::string file = experiment_called(asked, known);
    if (file.empty())
      throw UsageError(
          fmt::format("'{}' is no run directory, no directory of runs, no folder of results and no experiment{}", asked,
                      did_you_mean(asked, known)));
    take_experiment(file, out, scale, into);
  }
}

// Arms by their label; by the experiment too where several are looked at, and by the hash where two configs have one
// label.
void name_arms(Evidence& e) {
  std::set<std::string> names;
  for (const TableRun& run : e.runs) names.insert(run.record.name);
  std::map<std::string, std::set<std::string>> folders;
  auto label = [&](const RunRecord& r) { return (names.size() > 1 ? r.name + ": " : "") + r.arm; };
  auto folder = [](const RunRecord& r) { return std::filesystem::path(r.dir).parent_path().filename().string(); };
  for (const TableRun& run : e.runs) folders[label(run.record)].insert(folder(run.record));
  for (size_t i = 0; i < e.runs.size(); ++i) {
    const RunRecord& r = e.runs[i].record;
    std::string name = label(r);
    const std::string hash = folder(r).substr(folder(r).find_last_of('-') + 1);
    if (folders[name].size() > 1) name += " " + hash;
    auto at = std::find_if(e.arms.begin(), e.arms.end(), [&](const Arm& arm) { return arm.name == name; });
    if (at == e.arms.end()) at = e.arms.insert(at, {name, {}});
    at->runs.push_back(&e.data[i]);
  }
  for (Arm& arm : e.arms) {
    std::stable_sort(arm.runs.begin(), arm.runs.end(),
                     [](const RunData* a, const RunData* b) { return a->run().record.seed < b->run().record.seed; });
  }
}

// Scores with running statistics; those of a run that has none, with the statistics of batches.
void read_scores(Evidence& e) {
  for (const Arm& arm : e.arms) {
    for (RunData* run : arm.runs) {
      const Csv* csv = run->file("eval.csv");
      if (!csv) continue;
      const size_t mode = csv->column("bn_mode"), step = csv->column("step"), split = csv->column("split"),
                   loss = csv->column("loss"), accuracy = csv->column("accuracy");
      bool running = false;
      for (size_t row = 0; row < csv->rows(); ++row) running = running || csv->text(row, mode) == "running";
      for (size_t row = 0; row < csv->rows(); ++row) {
        if (csv->text(row, mode) != (running ? "running" : "batch")) continue;
        e.scores.push_back({arm.name, std::string(csv->text(row, split)), run->run().record.seed,
                            csv->number(row, step), csv->number(row, loss), csv->number(row, accuracy)});
      }
    }
  }
}

}  // namespace

size_t Evidence::seeds() const {
  size_t most = 0;
  for (const Arm& arm : arms) most = std::max(most, arm.runs.size());
  return most;
}

std::vector<std::string> Evidence::arm_names() const {
  std::vector<std::string> names;
  for (const Arm& arm : arms) names.push_back(arm.name);
  return names;
}

Evidence collect(const std::vector<std::string>& asked, const std::string& out, const std::string& scale) {
  Evidence e;
  e.asked = asked, e.out = out == "results/runs" ? "" : out;
  for (std::string one : asked) {
    while (one.size() > 1 && one.back() == '/') one.pop_back();
    take(one, out, scale, e);
  }
  for (const TableRun& run : e.runs) e.data.emplace_back(run);
  name_arms(e);
  if (!e.runs.empty()) e.scores.clear(), read_scores(e);
  auto name_arm = [&](const std::string& name) {
    if (std::none_of(e.arms.begin(), e.arms.end(), [&](const Arm& arm) { return arm.name == name; }))
      e.arms.push_back({name, {}});
  };
  for (size_t row = 0; e.runs.empty() && e.kept && row < e.kept->rows(); ++row)
    name_arm(std::string(e.kept->text(row, e.kept->column("arm"))));
  for (const Score& score : e.scores) name_arm(score.arm);
  if (e.title.empty() && !e.runs.empty()) {
    const RunRecord& first = e.runs[0].record;
    e.title = e.one_run() ? fmt::format("{}, {}, seed {}", first.name, first.arm, first.seed) : first.name;
  }
  return e;
}

std::vector<Reading> readings(RunData& run, const std::string& probe, const std::vector<std::string>& metrics,
                              const std::string& mode) {
  std::vector<Reading> out;
  const Csv* csv = run.file("probes/" + probe + ".csv");
  if (!csv) return out;
  const size_t step = csv->column("step"), layer = csv->column("layer"), metric = csv->column("metric"),
               modes = csv->column("bn_mode"), at = csv->column("at"), value = csv->column("value");
  for (size_t row = 0; row < csv->rows(); ++row) {
    const std::string_view name = csv->text(row, metric);
    if (std::find(metrics.begin(), metrics.end(), name) == metrics.end()) continue;
    if (!mode.empty() && !csv->text(row, modes).empty() && csv->text(row, modes) != mode) continue;
    const double number = csv->number(row, value);
    if (std::isnan(number)) continue;
    out.push_back({csv->number(row, step), csv->text(row, at).empty() ? nan : csv->number(row, at), number,
                   csv->text(row, layer), name, csv->text(row, modes)});
  }
  return out;
}

std::string mode_of(const Evidence& evidence, const std::string& probe) {
  std::string first;
  for (const Arm& arm : evidence.arms) {
    for (RunData* run : arm.runs) {
      const Csv* csv = run->file("probes/" + probe + ".csv");
      if (!csv) continue;
      const size_t mode = csv->column("bn_mode");
      for (size_t row = 0; row < csv->rows(); ++row) {
        if (csv->text(row, mode) == "batch") return "batch";
        if (first.empty()) first = csv->text(row, mode);
      }
    }
  }
  return first;
}

}  // namespace bnlab
