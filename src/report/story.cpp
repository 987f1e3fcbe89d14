#include "report/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "analysis/run_table.h"
#include "core/environment.h"
#include "core/files.h"
#include "core/text.h"
#include "experiment/run_directory.h"
#include "report/html.h"

namespace bnlab {
namespace {

Json json_of(const std::string& file) {
  const Json json = is_file(file) ? Json::parse(read_text(file), nullptr, false) : Json();
  return json.is_object() ? json : Json::object();
}

std::string word(const Json& json) {
  return json.is_string() ? json.get<std::string>() : json.is_null() ? "" : json.dump();
}
std::string short_number(double value) { return std::isnan(value) ? "-" : fmt::format("{:.4g}", value); }

// Each once, in the order in which they come.
std::vector<std::string> distinct(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const auto& one : words) {
    if (!one.empty() && std::find(out.begin(), out.end(), one) == out.end()) out.push_back(one);
  }
  return out;
}

std::string seeds_in_words(std::set<int64_t> seeds) {
  if (seeds.empty()) return "";
  const bool gapless = *seeds.rbegin() - *seeds.begin() + 1 == static_cast<int64_t>(seeds.size());
  if (seeds.size() == 1) return fmt::format("seed {}", *seeds.begin());
  if (gapless && seeds.size() > 2) return fmt::format("seeds {} to {}", *seeds.begin(), *seeds.rbegin());
  std::vector<std::string> all;
  for (const int64_t seed : seeds) all.push_back(std::to_string(seed));
  return "seeds " + join(all);
}

std::string facts(const std::vector<std::pair<std::string, std::string>>& lines) {
  std::string out = "<dl class=\"facts\">";
  for (const auto& [title, text] : lines) {
    if (!text.empty()) out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(title), escaped(text));
  }
  return out + "</dl>\n";
}

// How the runs of all arms ended: "8 completed, 2 diverged".
std::string ends(const Evidence& e) {
  std::map<std::string, size_t> states;
  for (const TableRun& run : e.runs) ++states[run.record.state];
  std::vector<std::string> out;
  for (const auto& [state, n] : states) out.push_back(fmt::format("{} {}", n, state));
  return join(out);
}

std::string training_of(const TableRun& run) {
  const std::string steps = field(run, "train.steps");
  std::vector<std::string> out{steps + (steps == "1" ? " step" : " steps")};
  for (const auto& [path, title] : {std::pair{"train.batch_size", "batch"},
                                    {"train.learning_rate", "rate"},
                                    {"train.momentum", "momentum"},
                                    {"train.weight_decay", "weight decay"}}) {
    const std::string value = field(run, path);
    if (!value.empty() && value != "0" && value != "0.0") out.push_back(std::string(title) + " " + value);
  }
  return join(out);
}

// What the arms have different, a row an arm.
std::string differences(const Evidence& e) {
  if (e.arms.size() < 2 || e.arms[0].runs.empty()) return "";
  std::vector<std::string> paths;
  for (const std::string& path : paths_of(e.arms[0].runs[0]->run().config)) {
    if (path == "seed" || path == "arm" || path == "name" || path == "notes") continue;
    const Json* first = at_path(e.arms[0].runs[0]->run().config, path);
    if (first && first->is_object() && !first->contains("name")) continue;
    std::set<std::string> values;
    for (const Arm& arm : e.arms) values.insert(field(arm.runs[0]->run(), path));
    const bool inside = std::any_of(paths.begin(), paths.end(),
                                    [&](const std::string& above) { return path.starts_with(above + "."); });
    if (values.size() > 1 && !inside) paths.push_back(path);
  }
  constexpr size_t most = 8;
  const bool cut = paths.size() > most;
  if (cut) paths.resize(most);
  if (paths.empty()) return "";
  std::vector<std::vector<std::string>> rows{{"arm"}};
  rows[0].insert(rows[0].end(), paths.begin(), paths.end());
  for (const Arm& arm : e.arms) {
    rows.push_back({arm.name});
    for (const auto& path : paths) {
      std::string value = field(arm.runs[0]->run(), path);
      rows.back().push_back(value.size() > 60 ? value.substr(0, 57) + "..." : value);
    }
  }
  return "<p class=\"lead\">What the arms have different" + std::string(cut ? " (the first of it)" : "") + ".</p>\n" +
         html_table(rows);
}

std::string outcomes(const Evidence& e) {
  static const std::vector<std::string> scores{"train_loss", "test_loss", "test_accuracy"};
  std::vector<std::vector<std::string>> rows{{"arm", "runs", "diverged"}};
  for (const auto& score : scores) rows[0].push_back(score + " (95 %)");
  std::vector<TableRun> runs(e.runs.begin(), e.runs.end());
  if (runs.empty()) return "";
  for (size_t i = 0; i < runs.size(); ++i) {  // the names of this page
    for (const Arm& arm : e.arms) {
      for (const RunData* run : arm.runs) {
        if (run->run().record.dir == runs[i].record.dir) runs[i].record.arm = arm.name;
      }
    }
  }
  std::map<std::string, std::vector<std::string>> of;
  for (const auto& score : scores) {
    std::vector<double> values;
    for (const TableRun& run : runs) {
      const auto at = run.record.measures.find(score);
      values.push_back(at == run.record.measures.end() || run.record.state == "diverged" ? NAN : at->second);
    }
    for (const Group& g : group_runs(runs, {"arm"}, values))
      of[g.key[0]].push_back(
          g.n == 0   ? "-"
          : g.n == 1 ? short_number(g.mean)
                     : fmt::format("{} ({} to {})", short_number(g.mean), short_number(g.low), short_number(g.high)));
  }
  for (const Arm& arm : e.arms) {
    size_t diverged = 0;
    for (const RunData* run : arm.runs) diverged += run->run().record.state == "diverged";
    rows.push_back({arm.name, std::to_string(arm.runs.size()), std::to_string(diverged)});
    rows.back().insert(rows.back().end(), of[arm.name].begin(), of[arm.name].end());
  }
  return html_table(rows);
}

std::string verdicts(const Evidence& e) {
  if (!e.verdict.is_object()) return "";
  std::string out =
      "<div class=\"scroll\" "
      "tabindex=\"0\"><table><tr><th>claim</th><th>verdict</th><th>estimate</th><th>interval</th><th>claimed</"
      "th><th>n</th><th>the paper</th></tr>\n";
  for (const Json& claim : e.verdict.value("claims", Json::array())) {
    for (const Json& c : claim.value("comparisons", Json::array())) {
      const std::string verdict = claim["comparisons"].size() > 1 ? c.value("verdict", "") : claim.value("verdict", ""),
                        arm = claim["comparisons"].size() > 1 ? " (" + c.value("arm", "") + ")" : "";
      const Json interval = c.value("interval", Json::array());
      out += fmt::format(
          "<tr><td>{}</td><td class=\"{}\">{}</td><td>{}</td><td>{} to {}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
          escaped(claim.value("says", "") + arm), escaped(verdict), escaped(verdict),
          short_number(number_of(c.value("estimate", Json()))),
          interval.size() == 2 ? short_number(number_of(interval[0])) : "-",
          interval.size() == 2 ? short_number(number_of(interval[1])) : "-", escaped(claim.value("threshold", "")),
          c.value("n", 0), escaped(claim.value("paper", "")));
    }
  }
  return out + "</table></div>\n";
}

std::vector<std::string> commits_of(const Evidence& e) {
  std::vector<std::string> out;
  for (const TableRun& run : e.runs) out.push_back(run.record.commit.substr(0, 12));
  for (const Json* json : {&e.manifest, &e.verdict}) {
    if (e.runs.empty() && json->is_object()) {
      for (const Json& commit : json->value("commits", Json::array())) out.push_back(word(commit).substr(0, 12));
    }
  }
  return distinct(out);
}

std::string data_of(const Evidence& e) {
  if (e.runs.empty()) return e.verdict.is_object() ? e.verdict.value("data", "") : "";
  const Json data = json_of(e.runs[0].record.dir + "/manifest.json").value("data", Json::object());
  const std::string caution = data.value("caution", "");
  return data.value("name", "") + (caution.empty() ? "" : " (" + caution + ")");
}

}  // namespace

Origin origin_of(const Evidence& e) {
  Origin out;
  std::vector<std::string> names;
  std::set<int64_t> seeds;
  for (const TableRun& run : e.runs) names.push_back(run.record.name), seeds.insert(run.record.seed);
  for (const Score& score : e.scores) seeds.insert(score.seed);
  names = distinct(names);
  out.config = names.empty() ? e.title : join(names);
  out.seeds = seeds_in_words(seeds), out.commit = join(commits_of(e)), out.data = data_of(e);
  return out;
}

std::string command_of(const Evidence& e, const std::string& figure) {
  return "bnlab plot " + join(e.asked, " ") + (e.out.empty() ? "" : " --out " + e.out) + " --what " + figure;
}

std::string head_of(const Evidence& e) {
  std::string out = fmt::format("<h1>{}</h1>\n", escaped(e.title));
  if (!e.what.empty()) out += fmt::format("<p class=\"lead\">{}</p>\n", escaped(e.what));
  const Origin origin = origin_of(e);
  std::vector<std::pair<std::string, std::string>> lines{
      {"config", origin.config}, {"seeds", origin.seeds}, {"data", origin.data}};
  if (!e.runs.empty()) {
    const TableRun& run = e.runs[0];
    const Json manifest = json_of(run.record.dir + "/manifest.json");
    double seconds = 0;
    for (const TableRun& one : e.runs) seconds += std::isnan(one.record.seconds) ? 0 : one.record.seconds;
    const std::string parameters =
        manifest.contains("parameters") ? ", " + grouped(manifest["parameters"].get<long long>()) + " parameters" : "";
    lines.push_back({"network", e.arms.size() == 1 ? field(run, "model.name") + parameters : field(run, "model.name")});
    lines.push_back({"training", e.one_run() ? training_of(run) : training_of(run) + " (of the first arm)"});
    lines.push_back({e.one_run() ? "outcome" : "outcomes",
                     e.one_run() ? fmt::format("{} after {} steps, {}{}", run.record.state, run.record.step,
                                               duration(seconds), run.record.why.empty() ? "" : ": " + run.record.why)
                                 : fmt::format("{}; {} of training", ends(e), duration(seconds))});
    lines.push_back({"machine", word(manifest.value("cpu", Json()))});
    if (e.one_run()) lines.push_back({"command", word(manifest.value("command", Json()))});
    lines.push_back({"directory", e.one_run() ? run.record.dir : ""});
  } else if (e.manifest.is_object()) {
    lines.push_back(
        {"made by", fmt::format("{}, {} on {}", e.manifest.value("command", ""),
                                duration(e.manifest.value("wall_seconds", 0.0)), e.manifest.value("cpu", ""))});
  }
  lines.push_back({"commit", origin.commit});
  return out + facts(lines);
}

std::string lead_of(const Evidence& e, const std::string& section) {
  if (section == "What was run") return differences(e);
  if (section == "Did it train?") return outcomes(e);
  if (section == "The verdicts") return verdicts(e);
  return "";
}

std::string foot_of(const Evidence& e) {
  return fmt::format(
      "<p>Made by <code>bnlab report {}</code> at {}. Drawn by Vega, Vega-Lite and Vega-Embed (BSD 3-Clause; their "
      "licences stand in this file). This page asks nothing of any network.</p>",
      escaped(join(e.asked, " ")), escaped(utc_now()));
}

}  // namespace bnlab
