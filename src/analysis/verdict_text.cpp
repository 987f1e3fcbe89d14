// How a verdict is written down: verdict.json for programs, verdict.md for people.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "analysis/verdict.h"
#include "core/text.h"
#include "experiment/run_directory.h"

namespace bnlab {
namespace {

std::string short_number(double value) { return std::isnan(value) ? "-" : fmt::format("{:.4g}", value); }

std::string p_text(double p) { return std::isnan(p) ? "-" : p < 0.0001 ? "< 0.0001" : fmt::format("{:.2g}", p); }

// Markdown's own signs in words of an experiment: as they are written.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? "\\|" : c == '\n' ? " " : std::string(1, c);
  return out;
}

Json to_json(const Verdict& v) {
  const Claim& claim = *v.claim;
  Json comparisons = Json::array();
  for (const Comparison& c : v.comparisons) {
    const Finding& f = c.finding;
    Json one{{"arm", c.arm}};
    if (!c.than.empty()) one["than"] = c.than;
    one["verdict"] = c.verdict.empty() ? "undecided" : c.verdict;
    one["statistic"] = f.statistic, one["estimate"] = json_number(f.interval.estimate), one["interval"] = {json_number(f.interval.low), json_number(f.interval.high)};
    one["n"] = f.n, one["p"] = json_number(f.supporting), one["p_holm"] = json_number(c.supporting), one["p_against"] = json_number(f.against), one["p_against_holm"] = json_number(c.against);
    one["diverged"] = c.diverged, one["censored"] = c.censored, one["runs"] = c.runs;
    comparisons.push_back(one);
  }
  Json out{{"name", claim.name}, {"says", claim.says}, {"verdict", v.verdict}};
  if (!v.why.empty()) out["why"] = v.why;
  out["paper"] = claim.paper, out["criterion"] = claim.criterion_name, out["measure"] = claim.measured, out["threshold"] = claim.criterion->threshold(), out["alpha"] = claim.alpha;
  out["comparisons"] = comparisons;
  return out;
}

}  // namespace

Json to_json(const Judgement& j) {
  Json verdicts = Json::array();
  for (const Verdict& v : j.verdicts) verdicts.push_back(to_json(v));
  return {{"name", j.name}, {"scale", j.scale}, {"paper", j.paper}, {"what", j.what}, {"data", j.data}, {"commits", j.commits}, {"runs", j.runs}, {"missing", j.missing}, {"diverged", j.diverged}, {"seconds", std::round(j.seconds)}, {"claims", verdicts}};
}

std::string to_markdown(const Judgement& j) {
  std::string out = fmt::format("# {}{}\n\n", j.name, j.paper.empty() ? "" : ": " + cell(j.paper));
  if (!j.what.empty()) out += j.what + "\n\n";
  out += "| claim | verdict | arm | estimate | interval | claimed | n | p |\n|---|---|---|---|---|---|---|---|\n";
  for (const Verdict& v : j.verdicts) {
    bool first = true;
    for (const Comparison& c : v.comparisons) {
      const Finding& f = c.finding;
      const bool refuted = c.verdict == "refuted";
      out += fmt::format("| {} | {} | {}{} | {} | {} to {} | {} | {} | {} |\n", first ? cell(v.claim->says) : "", v.comparisons.size() == 1 ? "**" + v.verdict + "**" : (first ? "**" + v.verdict + "**: " : "") + c.verdict, cell(c.arm),
                         c.than.empty() ? "" : " / " + cell(c.than), short_number(f.interval.estimate), short_number(f.interval.low), short_number(f.interval.high), v.claim->criterion->threshold(), f.n, p_text(refuted ? c.against : c.supporting));
      first = false;
    }
  }
  out += "\n";
  for (const Verdict& v : j.verdicts) {
    size_t diverged = 0, censored = 0;
    for (const Comparison& c : v.comparisons) diverged += c.diverged, censored += c.censored;
    std::vector<std::string> notes;
    if (!v.claim->paper.empty()) notes.push_back("the paper: " + v.claim->paper);
    if (diverged > 0) notes.push_back(fmt::format("{} runs diverged", diverged));
    if (censored > 0) notes.push_back(fmt::format("{} runs without a finite number (kept, as the worst)", censored));
    if (!v.why.empty()) notes.push_back("undecided: " + v.why);
    out += fmt::format("- `{}`: {} of `{}`. {}\n", v.claim->name, v.comparisons.empty() || v.comparisons[0].finding.statistic.empty() ? v.claim->criterion_name : v.comparisons[0].finding.statistic, v.claim->measured, notes.empty() ? "" : join(notes, "; ") + ".");
  }
  out += fmt::format("\n{} runs ({} diverged{}), {} of training, commit {}", j.runs, j.diverged, j.missing > 0 ? fmt::format(", {} missing", j.missing) : "", duration(j.seconds), j.commits.empty() ? "-" : "");
  std::vector<std::string> commits;
  for (const std::string& commit : j.commits) commits.push_back(commit.substr(0, 12));
  out += join(commits) + (j.data.empty() ? "" : "; data: " + j.data) + ".\n";
  return out;
}

}  // namespace bnlab
