// The table of figures: pages, `bnlab plot` and the gallery see what stands here.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"
#include "report/figure.h"

#define FIGURES(X)                                                                                                    \
  X(network, "What was run", "The network, its norms marked", "runs whose dataset is here")                           \
  X(learning_curves, "Did it train?", "Loss and accuracy over training",                                              \
    "eval.csv or train.csv of a run that has begun, or curves.csv")                                                   \
  X(final_scores, "Did it train?", "Where runs ended", "finished runs of two arms or more, or runs.csv")              \
  X(percentiles, "What shifted?", "Percentiles of the inputs of activations", "the probe distribution")               \
  X(distributions, "What shifted?", "Where the inputs of one activation lie", "the probe distribution")               \
  X(gradient_shift, "What shifted?", "Internal covariate shift as a change of gradients", "the probe gradient_shift") \
  X(landscape, "How smooth?", "Loss and gradient along the step", "the probe landscape")                              \
  X(eigenvalues, "How smooth?", "The largest eigenvalue of the Hessian", "the probe hessian")                         \
  X(spectrum, "How smooth?", "The spectrum of the Hessian",                                                           \
    "the probe hessian with density (probes.hessian.density=1)")                                                      \
  X(variance_by_depth, "How scaled?", "The signal by depth, at the start", "the probe signal_propagation")            \
  X(branch_skip_ratio, "How scaled?", "What residual branches add",                                                   \
    "the probe signal_propagation on a residual network")                                                             \
  X(learning_rate_response, "Which rate, which batch, how deep?", "Tuning: the response to the learning rate",        \
    "tuned.json: an experiment with tune")                                                                            \
  X(batch_by_rate, "Which rate, which batch, how deep?", "Batch size by learning rate",                               \
    "runs over several batch sizes and learning rates")                                                               \
  X(depth_by_method, "Which rate, which batch, how deep?", "Depth by method", "runs over several depths and methods") \
  X(probe_costs, "What it cost", "Seconds of training, scoring and probes", "a finished run")                         \
  X(verdicts, "The verdicts", "Every claim: estimate, interval, bound", "verdict.json: an experiment with claims")

namespace bnlab {

#define DECLARE(name, section, title, needs) bool draw_##name(Evidence& evidence, Figure& figure);
FIGURES(DECLARE)

const std::vector<Kind>& kinds_of_figures() {
#define ENTRY(name, section, title, needs) {#name, section, title, needs, draw_##name},
  static const std::vector<Kind> all{FIGURES(ENTRY)};
  return all;
}

const std::vector<std::string>& sections() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out;
    for (const Kind& kind : kinds_of_figures()) {
      if (std::find(out.begin(), out.end(), kind.section) == out.end()) out.push_back(kind.section);
    }
    return out;
  }();
  return all;
}

std::vector<Figure> draw(Evidence& evidence, const std::string& only) {
  std::vector<std::string> known;
  for (const Kind& kind : kinds_of_figures()) known.push_back(kind.name);
  if (!only.empty() && std::find(known.begin(), known.end(), only) == known.end())
    throw UsageError(fmt::format("unknown figure '{}'{} (known: {})", only, did_you_mean(only, known), join(known)));
  const Origin origin = origin_of(evidence);
  std::vector<Figure> out;
  for (const Kind& kind : kinds_of_figures()) {
    if (!only.empty() && kind.name != only) continue;
    Figure figure;
    figure.name = kind.name, figure.section = kind.section, figure.title = kind.title;
    if (!kind.draw(evidence, figure)) continue;
    figure.source += fmt::format(" of {}; {}; commit {}{}", origin.config, figure.seeds.empty() ? origin.seeds : figure.seeds, origin.commit,
                                 origin.data.empty() ? "" : "; data: " + origin.data);
    out.push_back(std::move(figure));
  }
  return out;
}

namespace {

// As a picture on paper looks; a page has the same and its dark twin in page.js.
Json look_of_paper() {
  const Json grey = "#55524a";
  return {{"background", "white"},
          {"font", "Helvetica, Arial, sans-serif"},
          {"view", {{"stroke", nullptr}}},
          {"axis",
           {{"gridColor", "#e9e6df"},
            {"domainColor", "#b9b4a8"},
            {"tickColor", "#b9b4a8"},
            {"labelColor", grey},
            {"titleColor", grey},
            {"titleFontWeight", "normal"},
            {"labelFontSize", 11},
            {"titleFontSize", 11},
            {"tickCount", 5},
            {"labelFlush", false}}},
          {"legend",
           {{"labelColor", grey},
            {"titleColor", grey},
            {"titleFontWeight", "normal"},
            {"labelFontSize", 11},
            {"titleFontSize", 11}}},
          {"header", {{"labelColor", "#2b2925"}, {"labelFontSize", 11}}},
          {"title",
           {{"color", "#2b2925"},
            {"fontSize", 13},
            {"fontWeight", 600},
            {"anchor", "start"},
            {"offset", 10},
            {"subtitleColor", grey},
            {"subtitleFontSize", 10},
            {"subtitlePadding", 5}}}};
}

// In lines of some ninety characters.
Json lines_of(const std::string& text) {
  Json out = Json::array();
  std::string line;
  for (const std::string& word : split(text, ' ')) {
    if (line.size() + word.size() > 90) out.push_back(line), line.clear();
    line += (line.empty() ? "" : " ") + word;
  }
  out.push_back(line);
  return out;
}

}  // namespace

Json standalone(const Figure& figure) {
  Json out{{"$schema", "https://vega.github.io/schema/vega-lite/v6.json"},
           {"title", {{"text", figure.title}, {"subtitle", lines_of(figure.source)}}},
           {"description", figure.says},
           {"data", {{"name", "rows"}, {"values", to_values(figure.rows)}}},
           {"config", look_of_paper()}};
  out.update(figure.spec);
  return out;
}

}  // namespace bnlab
