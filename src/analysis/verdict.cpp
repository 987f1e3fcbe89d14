#include "analysis/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "analysis/holm.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "experiment/run_directory.h"

namespace bnlab {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool ended(const TableRun& run) { return run.record.state == "completed" || run.record.state == "diverged"; }

std::string words(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

bool meets(const TableRun& run, const Json& conditions) {
  if (conditions.is_string()) return matches(conditions.get<std::string>(), field(run, "arm"));
  for (const auto& [path, value] : conditions.items()) {
    const Json* found = at_path(run.config, path);
    const bool numbers = value.is_number() && found && found->is_number();  // 1 is 1.0
    if (numbers ? *found != value : !matches(words(value), field(run, path))) return false;
  }
  return true;
}

std::string label_of(const Json& conditions) {
  if (conditions.is_string()) return conditions.get<std::string>();
  std::vector<std::string> out;
  for (const auto& [path, value] : conditions.items()) {
    const std::string last = path.substr(path.find_last_of('.') + 1);
    out.push_back(last == "arm" || last == "name" ? words(value) : last + "=" + words(value));
  }
  return join(out, " ");
}

double number_at(const TableRun& run, const std::string& path) {
  const Json* found = at_path(run.config, path);
  return found ? number_of(*found) : nan;
}

class Court {
 public:
  Court(const Claim& claim, const std::vector<TableRun>& runs, std::vector<RunData>& data) : claim_(claim), runs_(runs), data_(data) {}

  // One side of a comparison. What stands in the way of deciding goes to `why`.
  Side side(const Json& conditions, Comparison& comparison, std::string& why) const {
    Side out;
    size_t met = 0;
    for (size_t i = 0; i < runs_.size(); ++i) {
      const TableRun& run = runs_[i];
      if (!meets(run, claim_.where) || !meets(run, conditions)) continue;
      ++met;
      if (!ended(run)) {
        why = "not all runs have ended; `bnlab sweep` goes on with them";
        continue;
      }
      const bool diverged = run.record.state == "diverged";
      const Measured measured = claim_.measure->of(data_[i]);
      double value = measured.value;
      if (diverged && !claim_.as_measured && !claim_.measure->holds_when_diverged()) value = claim_.diverged_is.value_or(claim_.worst());
      if (std::isnan(value)) why = measured.why + ": " + run.record.dir;
      comparison.diverged += diverged, comparison.censored += !std::isfinite(value);
      comparison.runs.push_back(run.record.dir);
      const std::string along = claim_.over.empty() ? claim_.criterion->along() : claim_.over;
      out.push_back({run.record.seed, value, along.empty() ? nan : number_at(run, along), run.record.dir});
      for (const std::string& path : claim_.criterion->holds()) out.back().held.push_back(number_at(run, path));
    }
    if (met == 0) throw ConfigError("claims." + claim_.name, fmt::format("no run of the experiment is '{}'", label_of(conditions)));
    return claim_.over.empty() ? out : chosen(out);
  }

  Comparison compare(const Json& arm, std::string& why) const {
    Comparison out;
    out.arm = label_of(arm), out.than = claim_.criterion->compares() ? label_of(claim_.than) : "";
    Side one = side(arm, out, why), other = claim_.criterion->compares() ? side(claim_.than, out, why) : Side{};
    if (!why.empty()) return out;
    if (claim_.criterion->compares()) {
      std::set<int64_t> a, b;
      for (const Sample& sample : one) a.insert(sample.seed);
      for (const Sample& sample : other) b.insert(sample.seed);
      if (a != b) throw ConfigError("claims." + claim_.name, fmt::format("'{}' and '{}' have other seeds; runs are paired by seed", out.arm, out.than));
    }
    try {
      out.finding = claim_.criterion->judge(one, other, claim_.alpha);
    } catch (const std::invalid_argument& error) {
      throw ConfigError("claims." + claim_.name, error.what());
    }
    return out;
  }

 private:
  Side chosen(const Side& all) const {
    Side out;
    for (const Side& runs : seeds_of(all)) {
      out.push_back(*std::max_element(runs.begin(), runs.end(), [&](const Sample& a, const Sample& b) { return claim_.take == "max" ? a.value < b.value : a.value > b.value; }));
    }
    return out;
  }

  const Claim& claim_;
  const std::vector<TableRun>& runs_;
  std::vector<RunData>& data_;
};

Verdict decide(const Claim& claim, const Court& court) {
  Verdict out;
  out.claim = &claim, out.verdict = "undecided";
  std::vector<double> supporting, against;
  for (const Json& arm : claim.arms) {
    out.comparisons.push_back(court.compare(arm, out.why));
    supporting.push_back(out.comparisons.back().finding.supporting), against.push_back(out.comparisons.back().finding.against);
  }
  if (!out.why.empty()) return out;
  supporting = holm(supporting), against = holm(against);
  size_t supported = 0, refuted = 0;
  for (size_t i = 0; i < out.comparisons.size(); ++i) {
    Comparison& c = out.comparisons[i];
    c.supporting = supporting[i], c.against = against[i], c.verdict = "undecided";
    if (!c.finding.why.empty()) {
      out.why = c.finding.why;
    } else if (c.finding.n < fewest_seeds) {
      out.why = fmt::format("{} seed{}; fewer than {} can never decide", c.finding.n, c.finding.n == 1 ? "" : "s", fewest_seeds);
    } else if (c.finding.supports && c.supporting <= claim.alpha) {
      c.verdict = "supported", ++supported;
    } else if (c.finding.refutes && c.against <= claim.alpha) {
      c.verdict = "refuted", ++refuted;
    }
  }
  if (refuted > 0) out.verdict = "refuted";
  if (supported == out.comparisons.size()) out.verdict = "supported";
  return out;
}

}  // namespace

std::vector<TableRun> runs_of(const Experiment& experiment, const std::string& out) {
  std::vector<TableRun> runs;
  for (const Cell& cell : tuned_cells_below(experiment, out)) {
    TableRun run;
    if (!read_run(RunDirectory(out, cell.config, cell.arm, cell.identity).path(), run.record)) run.record.arm = cell.arm, run.record.seed = cell.config.seed;
    run.record.arm = cell.arm;  // the directory may carry the label of another grid
    run.config = resolved(cell.config);
    runs.push_back(std::move(run));
  }
  return runs;
}

Judgement judge(const Experiment& experiment, const std::vector<Claim>& claims, const std::vector<TableRun>& runs) {
  Judgement out;
  out.name = experiment.name, out.scale = experiment.scale, out.paper = experiment.paper, out.what = experiment.what, out.runs = runs.size();
  std::set<std::string> commits;
  for (const TableRun& run : runs) {
    out.missing += !ended(run), out.diverged += run.record.state == "diverged", out.seconds += run.record.seconds;
    if (ended(run)) commits.insert(run.record.commit);
    if (ended(run) && out.data.empty()) {
      const Json summary = Json::parse(read_text(run.record.dir + "/summary.json"), nullptr, false);
      if (summary.is_object()) out.data = summary.value("data", "");
    }
  }
  out.commits.assign(commits.begin(), commits.end());
  std::vector<RunData> data(runs.begin(), runs.end());
  for (const Claim& claim : claims) out.verdicts.push_back(decide(claim, Court(claim, runs, data)));
  return out;
}

}  // namespace bnlab
