// distribution: what flows into norms and activations on a fixed batch, and how it shifts (Ioffe & Szegedy 2015, fig. 1).
//
// Per site and unit u (channel; rows are samples x space, at most max_rows of them), at a look t:
//   mean_u, variance_u (biased), quantiles q_u(p), skewness_u = E[(x - mean)^3] / variance^1.5
// and, against an earlier look s (the previous one, or the reference):
//   moment_shift = |mean_u(t) - mean_u(s)| / sqrt(variance_u(s))
//   scale_shift  = |log sqrt(variance_u(t)) - log sqrt(variance_u(s))|
//   w1           = (1/m) sum_k |x_(k)(t) - x_(k)(s)|, sorted: Wasserstein-1 of the two empirical distributions
//   w1_std       = w1 / sqrt(mean_u variance_u(s)), in units of the layer's standard deviation then
// mean, variance, skewness and the shifts are means over units; p15, p50, p85 are of the unit `unit`, p15_median, ... the
// medians over units. dead_share: units whose variance is 0 (a ReLU that never or always is off lets nothing through).
// Units whose variance is 0 at s are left out of moment_shift and scale_shift.
// With `histogram`, of all units' values together between their least and largest, in that many bins of equal width h:
//   density at a bin's middle = share of the values in it / h       (Santurkar et al. 2018, fig. 2)
#include <algorithm>
#include <cmath>

#include "core/stats.h"
#include "nn/table.h"
#include "probes/probe.h"
#include "probes/units.h"

namespace bnlab {
namespace {

template <class T>
class Distribution : public Probe<T> {
 public:
  void describe(Fields& f) override {
    Probe<T>::describe(f);
    f.integer("samples", samples_, between(2, 1 << 20), "training samples of the fixed batch");
    f.integer("max_rows", max_rows_, between(2, 1 << 20), "rows (samples x space) used per unit, evenly spaced");
    f.integer("unit", unit_, at_least(0), "the typical unit whose percentiles are shown; too large: the last");
    f.integer("histogram", bins_, between(0, 1024), "bins of the histogram of a site's values, all units together; 0: none");
    f.integer("reference", reference_, at_least(0), "the shift is also taken against the first look at or after this step");
    f.options("bn_modes", modes_, {"batch", "running"}, "statistics of the fixed batch as in training, noise included, or running ones");
  }

  void start(const Surroundings<T>& around) override {
    replica_ = std::make_unique<Replica<T>>(around.model, around.data, std::min<Index>(samples_, around.data.train.size), false, around.seed, around.pool, Keep::all);
    pool_ = &around.pool;
    batches_ = std::make_unique<Batches<T>>(around.data, around.data.train, 1, around.seed);
    batch_ = batches_->sample(Stream(around.seed, "probe/distribution"), replica_->batch());
    find_sites();
    looks_.resize(sites_.size() * modes_.size());
  }

  void at_state(const StateView<T>& view, Records& out) override {
    for (size_t m = 0; m < modes_.size(); ++m) {
      replica_->copy(view.ws);
      replica_->forward(modes_[m] == "batch" ? Mode::train : Mode::evaluate, batch_.x, view.step);
      for (size_t s = 0; s < sites_.size(); ++s) look(view.step, sites_[s], modes_[m], looks_[m * sites_.size() + s], out);
    }
  }

  ProbeCost cost() const override { return {replica_->forwards(), 0}; }

  void archive(Archive& archive) override {
    for (size_t i = 0; i < looks_.size(); ++i) {
      archive.scope(std::to_string(i), [&] {
        archive.number("path", looks_[i].path);
        archive.scope("previous", [&] { looks_[i].previous.archive(archive); });
        archive.scope("reference", [&] { looks_[i].reference.archive(archive); });
      });
    }
  }

  // The last hidden site is the one that Ioffe & Szegedy plot.
  std::vector<std::pair<std::string, double>> summary() const override {
    std::vector<std::pair<std::string, double>> out;
    for (size_t m = 0; m < modes_.size() && !sites_.empty(); ++m) {
      std::vector<double> all;
      for (size_t s = 0; s < sites_.size(); ++s) {
        if (sites_[s].hidden_input) all.push_back(looks_[m * sites_.size() + s].path);
      }
      out.emplace_back("median_w1_std_path_of_hidden_inputs_" + modes_[m], median(all));
    }
    return out;
  }

 private:
  struct SiteOfProbe {
    std::string name;
    int node;
    bool input;         // the node's input, or its output
    bool hidden_input;  // what feeds an activation (or, without one, what leaves a hidden weight layer)
  };
  struct History {
    Units previous, reference;
    double path = 0;  // sum of w1_std over looks
  };

  void find_sites() {
    const auto& nodes = replica_->network().nodes();
    std::vector<bool> seen(nodes.size(), false);  // does a norm or an activation read this node?
    for (size_t i = 0; i < nodes.size(); ++i) {
      const bool norm = nodes[i].kind == NodeKind::norm, activation = nodes[i].kind == NodeKind::activation;
      if (!norm && !activation) continue;
      sites_.push_back({nodes[i].name + "@input", static_cast<int>(i), true, activation});
      sites_.push_back({nodes[i].name + "@output", static_cast<int>(i), false, false});
      for (int from = nodes[i].input; from >= 0; from = nodes[static_cast<size_t>(from)].kind == NodeKind::scaling ? nodes[static_cast<size_t>(from)].input : -1) {
        seen[static_cast<size_t>(from)] = true;
      }
    }
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (nodes[i].kind != NodeKind::weight || seen[i]) continue;
      sites_.push_back({nodes[i].name + "@output", static_cast<int>(i), false, i + 1 < nodes.size()});
    }
  }

  void look(int64_t step, const SiteOfProbe& site, const std::string& mode, History& history, Records& out) {
    const Network<T>& network = replica_->network();
    const View<const T> x = site.input ? network.input_of(replica_->ws(), site.node, batch_.x)
                                       : network.output_of(replica_->ws(), site.node, batch_.n());
    Units now = gather<T>(*pool_, x, max_rows_);
    auto row = [&](const char* metric, double value) {
      std::isfinite(value) ? out.value(site.name, metric, mode, value) : out.missing(site.name, metric, mode, std::isfinite(mean(now.mean)) ? "no unit varied at both looks" : "not finite");
    };
    row("mean", mean(now.mean));
    row("variance", mean(now.variance));
    row("skewness", mean(now.skewness));
    row("dead_share", static_cast<double>(std::count(now.variance.begin(), now.variance.end(), 0.0)) / static_cast<double>(now.count));
    for (const auto& [name, median_name, p] : {std::tuple{"p15", "p15_median", 0.15}, {"p50", "p50_median", 0.5}, {"p85", "p85_median", 0.85}}) {
      std::vector<double> all;
      for (Index u = 0; u < now.count; ++u) all.push_back(quantile_of(now, u, p));
      row(name, all[static_cast<size_t>(std::min<Index>(unit_, now.count - 1))]);
      row(median_name, median(all));
    }
    if (bins_ > 0) histogram(site.name, mode, now, out);
    if (!history.previous.empty()) {
      const Shift moved = shift(now, history.previous);
      row("moment_shift", moved.moment);
      row("scale_shift", moved.scale);
      row("w1", moved.w1);
      row("w1_std", moved.w1_std);
      history.path += moved.w1_std;
    }
    if (!history.reference.empty()) {
      const Shift moved = shift(now, history.reference);
      row("moment_shift_reference", moved.moment);
      row("scale_shift_reference", moved.scale);
      row("w1_reference", moved.w1);
      row("w1_std_reference", moved.w1_std);
    } else if (step >= reference_) {
      history.reference = now;
    }
    history.previous = std::move(now);
  }

  void histogram(const std::string& layer, const std::string& mode, const Units& now, Records& out) const {
    const auto [least, largest] = std::minmax_element(now.sorted.begin(), now.sorted.end());
    const double from = *least, width = (static_cast<double>(*largest) - from) / static_cast<double>(bins_);
    if (!std::isfinite(mean(now.mean)) || !std::isfinite(width)) return out.missing(layer, "density", mode, "not finite");
    if (width <= 0) return out.missing(layer, "density", mode, "all values are the same");
    std::vector<double> counts(static_cast<size_t>(bins_));
    for (const float x : now.sorted) ++counts[std::min(counts.size() - 1, static_cast<size_t>((x - from) / width))];
    for (size_t k = 0; k < counts.size(); ++k) {
      out.row({.layer = layer, .metric = "density", .bn_mode = mode, .at = from + (static_cast<double>(k) + 0.5) * width,
               .value = counts[k] / (static_cast<double>(now.sorted.size()) * width)});
    }
  }

  int64_t samples_ = 256, max_rows_ = 2048, unit_ = 0, bins_ = 0, reference_ = 0;
  std::vector<std::string> modes_{"batch", "running"};
  Pool* pool_ = nullptr;
  std::unique_ptr<Replica<T>> replica_;
  std::unique_ptr<Batches<T>> batches_;
  Batch<T> batch_;
  std::vector<SiteOfProbe> sites_;
  std::vector<History> looks_;
};

}  // namespace

BNLAB_DEFINE_MAKE(probes, distribution, Distribution<T>)

}  // namespace bnlab
