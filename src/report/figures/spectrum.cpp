// spectrum: the density of the Hessian's eigenvalues, from the nodes and weights of stochastic Lanczos quadrature, each
// node smoothed into a Gaussian (Ghorbani et al. 2019).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "report/lines.h"

namespace bnlab {
namespace {

struct Nodes {
  std::vector<double> at, weight;
};

// Of the last look of a run.
Nodes nodes_of(RunData& run, const std::string& mode) {
  const auto all = readings(run, "hessian", {"density_node", "density_weight"}, mode);
  std::map<double, std::pair<double, double>> by_index;
  for (const Reading& r : all) {
    if (r.step != all.back().step) continue;
    (r.metric == "density_node" ? by_index[r.at].first : by_index[r.at].second) = r.value;
  }
  Nodes out;
  for (const auto& [index, node] : by_index) out.at.push_back(node.first), out.weight.push_back(node.second);
  return out;
}

constexpr double widths = 100;  // of a Gaussian in the range

std::vector<Dot> smoothed(const Nodes& nodes) {
  const auto [least, most] = std::minmax_element(nodes.at.begin(), nodes.at.end());
  const double range = std::max(*most - *least, 1e-12), sigma = range / widths, from = *least - 3 * sigma,
               to = *most + 3 * sigma;
  std::vector<Dot> out;
  for (int k = 0; k <= 240; ++k) {
    const double x = from + (to - from) * k / 240;
    double density = 0;
    for (size_t i = 0; i < nodes.at.size(); ++i) {
      const double z = (x - nodes.at[i]) / sigma;
      density += nodes.weight[i] * std::exp(-z * z / 2) / (sigma * std::sqrt(2 * std::numbers::pi));
    }
    out.push_back({x, std::max(density, 1e-6 / range)});
  }
  return out;
}

}  // namespace

bool draw_spectrum(Evidence& evidence, Figure& figure) {
  Lines lines(evidence, "eigenvalue", "density");
  const std::string mode = mode_of(evidence, "hessian");
  for (const Arm& arm : evidence.arms) {
    // one that diverged has its last look where it was thrown out of the valley, or at the start
    Nodes nodes;
    for (const bool ended : {true, false}) {
      for (RunData* run : arm.runs) {
        if (nodes.at.empty() && (run->run().record.state != "diverged") == ended) nodes = nodes_of(*run, mode);
      }
    }
    if (!nodes.at.empty()) lines.add(evidence.arms.size() > 1 ? arm.name : "", arm.name, {smoothed(nodes)});
  }
  figure.says = fmt::format(
      "Eigenvalues of the Hessian at the last look (statistics in mode {}, each arm's first seed that did not diverge): stochastic Lanczos "
      "quadrature, each node a Gaussian of 1/{:.0f} of the range. What would be below 1e-6 of an even density is drawn "
      "there.",
      mode, widths);
  figure.source = "probes/hessian.csv";
  Lines::Look look;
  look.log_y = true, look.share_y = true;
  return lines.finish(figure, look);
}

}  // namespace bnlab
