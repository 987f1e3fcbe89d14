// theorems: Santurkar et al. (2018), sec. 4, on the live layers. For each unit of each batch_norm, over the m rows of the
// batch: y its input, z = gamma yhat + beta its output, g = dL/dz, v = dL/dy, H = d2L/dz dz; sigma^2 = variance + epsilon,
// r = ||yhat||^2 / m, c = <yhat, v> / m (0 without epsilon), v' = v - c yhat.
//   4.1   ||v||^2 = gamma^2/sigma^2 (||g||^2 - (1/m) <1, g>^2 - (2 - r)/m <g, yhat>^2)
//         printed: <= with 1/sqrt(m) for (2 - r)/m; the proof's eq. (8) has 1/m
//   4.2   v^T (d2L/dy dy) v = gamma^2/sigma^2 v'^T H v' - gamma/(m sigma^2) <g, yhat> ||v||^2
//                             + gamma/sigma^2 (3 c^2 <g, yhat> - 2 c <g, v>)                          (i)
//                           <= gamma^2/sigma^2 (g^T H g - 1/(m gamma) <g, yhat> ||v||^2)               (ii)
//         second derivatives by central differences of dL/dz and dL/dy in double, every kink held on its side
//   4.4   y = X w: ||dL/dw||^2 = ||X^T v||^2 <= lambda^2 ||v||^2, lambda = ||X||_2, ||v||^2 as in 4.1 (eq. 17, 18)
//         printed: lambda^2 ||v||^2 <= gamma^2/sigma^2 (g_j^2 - m (<1, g>/m)^2 - lambda^2 <g, yhat>^2), g_j = lambda^2 ||g||^2
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/stats.h"
#include "nn/table.h"
#include "probes/loss_probe.h"
#include "probes/norm_curvature.h"
#include "probes/spectral_norm.h"

namespace bnlab {
namespace {

// Up to `count` of `all`, evenly spaced from the first to the last.
template <class Item>
std::vector<Item> spread(const std::vector<Item>& all, int64_t count) {
  const size_t most = std::min(all.size(), static_cast<size_t>(count));
  std::vector<Item> out;
  for (size_t k = 0; k < most; ++k) out.push_back(all[most == 1 ? all.size() / 2 : k * (all.size() - 1) / (most - 1)]);
  return out;
}

// The larger; nan, where one is.
double worse(double a, double b) { return std::isnan(a) || a > b ? a : b; }

template <class T>
class Theorems : public LossProbe<T, double> {
 public:
  void describe(Fields& f) override {
    LossProbe<T, double>::describe(f);
    f.integer("norms", norms_, at_least(0), "theorems 4.2 and 4.4 at up to this many norms, evenly spaced from the first to the last");
    f.integer("units", units_, at_least(1), "theorem 4.2 for up to this many units of a norm");
  }
  void start(const Surroundings<T>& around) override {
    LossProbe<T, double>::start(around);
    plain_weights_ = around.model.materials.weights.name == "plain";
  }
  ProbeCost cost() const override {
    const ProbeCost whole = LossProbe<T, double>::cost();
    return {whole.forwards + forwards_, whole.backwards + backwards_};
  }
  void archive(Archive& archive) override {
    archive.number("t41", largest_t41_), archive.number("t42", largest_t42_), archive.number("violated", violated_), archive.number("tried", tried_);
  }
  std::vector<std::pair<std::string, double>> summary() const override {
    if (tried_ == 0) return {};
    return {{"largest_t41_error", largest_t41_}, {"largest_t42_error", largest_t42_}, {"t41_printed_violations", violated_ / tried_}};
  }

 private:
  using Oracle = LossOracle<double>;

  std::string purpose() const override { return "theorems"; }
  Keep keep() const override { return Keep::all; }

  void measure(Oracle& oracle, const typename LossProbe<T, double>::Moment& moment, Records& out) override {
    const auto& nodes = oracle.network().nodes();
    mode_ = moment.bn_mode, out_ = &out;
    if (mode_ != "batch") return missing("", "t41_error", "statistics are constants: v = gamma/sigma g, nothing is taken away");
    if (!point_) point_ = std::make_unique<Workspace<double>>(oracle.plan()), moved_ = std::make_unique<Workspace<double>>(oracle.plan());
    std::vector<int> sites;
    for (int i = 0; i < static_cast<int>(nodes.size()); ++i) {
      const auto& node = nodes[static_cast<size_t>(i)];
      if (node.what == "batch_norm") sites.push_back(i);
      if (node.kind == NodeKind::norm && node.what != "batch_norm") missing(node.name, "t41_error", node.what + " is not the map of the theorems");
    }
    if (sites.empty()) return missing("", "t41_error", "no batch_norm in the network");
    const Pass<double> pass = oracle.stand(*point_);
    if (!std::isfinite(oracle.turn(*point_))) return missing("", "t41_error", "the loss is not finite");
    const Pass<double> moved = oracle.stand(*moved_);
    const std::vector<int> chosen = spread(sites, norms_);
    for (const int site : sites) {
      oracle.turn(*point_);  // top() is scratch: the pass for the norm before has written over it
      first_order(oracle, pass, moved, site, std::find(chosen.begin(), chosen.end(), site) != chosen.end());
    }
  }

  void first_order(Oracle& oracle, const Pass<double>& pass, const Pass<double>& moved, int i, bool chosen) {
    const Network<double>& network = oracle.network();
    const Node<double>& node = network.nodes()[static_cast<size_t>(i)];
    const View<const double> x = oracle.batch().x;
    network.backward(pass, x, i + 1);  // down to dL/dz, before anything else is written there
    ++backwards_;
    const Index n = x.shape.n;
    NormSite site{i, x, network.input_of(*point_, i, x), network.output_of(*point_, i, n), point_->first(node.gradient, n), {}};
    const View<double> v = v_.like(site.y.shape), yhat = yhat_.like(site.y.shape);
    node.layer->backward(pass, site.y, site.z, site.g, v);
    const Column gamma = affine(oracle.plan(), node, yhat, site.y, moved);
    site.units = norm_terms(site.y, yhat, site.g, v, gamma.data());
    report_first_order(node.name, site.units);
    if (!node.tie.empty()) moved_->copy_from(*point_);  // the other steps' gamma too
    if (!chosen) return;
    if (!node.tie.empty()) return missing(node.name, "t42_error", "gamma and weights are those of other time steps too");
    gradient_of_weights(oracle, site, moved);
    oracle.stand(*moved_);  // parameters again, and what nodes give behind the norm that was moved before
    second_order(oracle, site, moved);
  }

  // gamma; and yhat, which is what the norm gives with gamma = 1, beta = 0. They stay so in `moved`.
  static Column affine(const Plan& plan, const Node<double>& node, View<double> yhat, View<const double> y, const Pass<double>& moved) {
    Column gamma;
    auto belongs = [&](const NamedSlot& entry, const char* what) { return entry.name == node.name + what || entry.name == node.parameters_name() + what; };
    for (const auto* slots : {&plan.parameters, &plan.state}) {  // state: where they are not learned
      for (const NamedSlot& entry : *slots) {
        const View<double> values = moved.ws[entry.slot];
        if (belongs(entry, "/gamma")) gamma.assign(values.data, values.data + values.size()), std::fill_n(values.data, values.size(), 1.0);
        if (belongs(entry, "/beta")) std::fill_n(values.data, values.size(), 0.0);
      }
    }
    node.layer->forward(moved, y, yhat);
    return gamma;
  }

  void report_first_order(const std::string& name, const std::vector<NormTerms>& units) {
    Column ratio, mean_share, yhat_share;
    double error = 0, violated = 0, positive = 0;
    for (const NormTerms& u : units) {
      if (!u.alive()) continue;
      ratio.push_back(u.gamma / u.sigma());
      error = worse(u.error(), error);
      if (!u.has_gradient()) continue;
      mean_share.push_back(u.mean_term() / u.g_g);
      yhat_share.push_back(u.yhat_term() / u.g_g);
      violated += u.gamma != 0 && u.violates_printed();
      positive += u.g_yhat > 0;
    }
    const auto live = static_cast<double>(mean_share.size());
    if (ratio.empty()) return missing(name, "t41_error", "no unit's input varies over the batch");
    value(name, "t41_error", error);
    value(name, "gamma_over_sigma", median(ratio));
    largest_t41_ = worse(error, largest_t41_), violated_ += violated, tried_ += live;
    if (live == 0) return missing(name, "t41_printed_violations", "no gradient reaches the norm");
    value(name, "t41_printed_violations", violated / live);
    value(name, "mean_share", mean(mean_share));
    value(name, "yhat_share", mean(yhat_share));
    value(name, "yhat_ghat_positive", positive / live);
  }

  void gradient_of_weights(Oracle& oracle, const NormSite& site, const Pass<double>& moved) {
    const auto& nodes = oracle.network().nodes();
    const Node<double>& node = nodes[static_cast<size_t>(site.node)];
    const int from = node.input;
    if (from < 0 || nodes[static_cast<size_t>(from)].kind != NodeKind::weight) return missing(node.name, "t44_holds", "no weight layer feeds the norm");
    if (!plain_weights_) return missing(node.name, "t44_holds", "the weights are mapped before they multiply");
    const Node<double>& layer = nodes[static_cast<size_t>(from)];
    const View<const double> x = oracle.network().input_of(*point_, from, site.x);
    const View<double> y = y_.like(site.y.shape), v{v_.memory.data(), site.y.shape};
    layer.layer->forward(moved, x, y);
    layer.layer->backward(moved, x, y, v, {});
    const Slot weight = weight_slots(oracle.plan(), layer).weight;
    const double* gradient = moved_->gradient(weight);
    const Index each = weight.shape.size() / y.c();
    Column squares;
    for (Index u = 0; u < y.c(); ++u) squares.push_back(std::inner_product(gradient + u * each, gradient + (u + 1) * each, gradient + u * each, 0.0));
    const double lambda = spectral_norm_of_input(layer, moved, x), lambda2 = lambda * lambda;
    value(node.name, "lambda", lambda);
    double holds = 0, violated = 0;
    Column tightness;
    for (size_t u = 0; u < squares.size(); ++u) {
      const NormTerms& t = site.units[u];
      if (!t.has_gradient() || t.v_v == 0) continue;
      holds += squares[u] <= lambda2 * t.corrected() + 1e-9 * lambda2 * t.scale() * t.g_g;
      tightness.push_back(squares[u] / (lambda2 * t.v_v));
      violated += lambda2 * t.v_v > t.printed_of_weights(lambda2);
    }
    if (tightness.empty()) return missing(node.name, "t44_holds", "no gradient passes the norm");
    value(node.name, "t44_holds", holds / static_cast<double>(tightness.size()));
    value(node.name, "t44_tightness", median(tightness));
    value(node.name, "t44_printed_violations", violated / static_cast<double>(tightness.size()));
  }

  void second_order(Oracle& oracle, const NormSite& site, const Pass<double>& moved) {
    const Node<double>& node = oracle.network().nodes()[static_cast<size_t>(site.node)];
    const View<const double> vs{v_.memory.data(), site.y.shape}, yhats{yhat_.memory.data(), site.y.shape};
    std::vector<Index> live;
    for (size_t u = 0; u < site.units.size(); ++u) {
      if (site.units[u].has_gradient() && site.units[u].v_v > 0) live.push_back(static_cast<Index>(u));
    }
    if (live.empty()) return missing(node.name, "t42_error", "no gradient passes the norm");
    NormCurvature curvature(oracle, *point_, moved, site);
    double worst = 0, violated = 0;
    const std::vector<Index> units = spread(live, units_);
    for (const Index u : units) {
      const NormTerms& t = site.units[static_cast<size_t>(u)];
      const Column v = column(vs, u), g = column(site.g, u), yhat = column(yhats, u);
      const double c = dot(yhat, v) / t.m, common = t.gamma / (t.sigma() * t.sigma());
      Column inner = v;
      for (size_t r = 0; r < v.size(); ++r) inner[r] -= c * yhat[r];
      const double left = curvature.of_input(u, v), h_term = t.scale() * curvature.of_output(u, inner);
      const double yhat_term = -common / t.m * t.g_yhat * t.v_v, rest = common * (3 * c * c * t.g_yhat - 2 * c * dot(g, v));
      const double largest = std::max({std::abs(left), std::abs(h_term), std::abs(yhat_term)});
      const double error = largest > 0 || std::isnan(left) ? std::abs(left - h_term - yhat_term - rest) / largest : 0;
      worst = worse(error, worst);
      violated += left > t.scale() * curvature.of_output(u, g) + yhat_term + 1e-6 * largest;
      point(node.name, "t42_curvature", u, left);
      point(node.name, "t42_h_term", u, h_term);
      point(node.name, "t42_yhat_term", u, yhat_term);
    }
    forwards_ += curvature.passes(), backwards_ += curvature.passes();
    value(node.name, "t42_error", worst);
    value(node.name, "t42_ii_violations", violated / static_cast<double>(units.size()));
    largest_t42_ = worse(worst, largest_t42_);
  }

  void value(const std::string& layer, const char* metric, double number) { point(layer, metric, std::nan(""), number); }
  void point(const std::string& layer, const char* metric, auto at, double number) {
    if (!std::isfinite(number)) return missing(layer, metric, "activations or gradients are too large to tell");
    out_->point(layer, metric, mode_, static_cast<double>(at), number);
  }
  void missing(const std::string& layer, const char* metric, const std::string& why) { out_->missing(layer, metric, mode_, why); }

  int64_t norms_ = 3, units_ = 2;
  bool plain_weights_ = true;
  std::unique_ptr<Workspace<double>> point_, moved_;  // at the point; pushed around
  OwnTensor v_, yhat_, y_;
  std::string mode_;
  Records* out_ = nullptr;
  int64_t forwards_ = 0, backwards_ = 0;
  double largest_t41_ = 0, largest_t42_ = 0, violated_ = 0, tried_ = 0;
};

}  // namespace

BNLAB_DEFINE_MAKE(probes, theorems, Theorems<T>)

}  // namespace bnlab
