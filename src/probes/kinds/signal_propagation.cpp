// signal_propagation: how signals and gradients pass through the network on a fixed batch, layer by layer, block by block.
//
// Moments over rows (samples x space), averaged over channels (moments.h): variance, mean2, and their sum, the second moment.
//   join y = a skip + b branch of a block (De & Smith 2020, fig. 2; signal propagation plots of Brock et al. 2021):
//     skip_*, branch_*, output_*, raw, before a and b; skip_factor a, branch_factor b;
//     branch_skip_ratio = b^2 branch_variance / (a^2 skip_variance), of what is added up;
//     theory_output_* at step 0 (signal_theory.h);   alpha, the join's learned scalar
//   weight layers and activations: variance, mean2, second_moment
//   all three: cosine, stable_rank, rank_bound of the samples (similarity.h);   dead_share: channels of a ReLU that are 0 in
//     every row;   gradient_second_moment: mean of (dL/dy)^2 over the entries of the output y
//   gradient_growth = |dL/dy_l|^2 / |dL/dy_(l+1)|^2, l and l + 1 successive joins, or weight layers where there are no joins:
//     pi / (pi - 1) = 1.467 for batch_norm and ReLU, large batches (Yang et al. 2019, A mean field theory of BN)
//   norms: gamma_rms
// `at` is the block of a join (recurrent: its time step); of other nodes the number of weight layers so far.
#include <algorithm>
#include <cmath>
#include <map>

#include "nn/table.h"
#include "probes/probe.h"
#include "probes/signal_theory.h"
#include "probes/similarity.h"
#include "tensor/kernels/elementwise.h"

namespace bnlab {
namespace {

template <class T>
class SignalPropagation : public Probe<T> {
 public:
  void describe(Fields& f) override {
    Probe<T>::describe(f);
    f.integer("samples", samples_, between(2, 1 << 20), "training samples of the fixed batch");
    f.integer("compared_samples", compared_, between(2, 4096), "the first so many of them are compared in cosine, stable_rank and rank_bound");
    f.options("bn_modes", modes_, {"batch", "frozen", "running"}, "statistics of the fixed batch as in training, noise included; the same, held, so that gradients do not pass through them; running ones");
  }

  void start(const Surroundings<T>& around) override {
    replica_ = std::make_unique<Replica<T>>(around.model, around.data, std::min<Index>(samples_, around.data.train.size), true, around.seed, around.pool, Keep::all);
    batches_ = std::make_unique<Batches<T>>(around.data, around.data.train, 1, around.seed);
    batch_ = batches_->sample(Stream(around.seed, "probe/signal_propagation"), replica_->batch());
    loss_ = make_as<Loss<T>>(losses<T>(), around.train.loss);
    materials_ = around.model.materials;
    pool_ = &around.pool;
    Index weights = 0;
    bool joins = false;
    for (const Node<T>& node : nodes()) {
      weights += node.kind == NodeKind::weight, joins = joins || node.scaling;
      depth_.push_back(static_cast<double>(node.scaling ? node.block : weights));
    }
    for (size_t i = 0; i < nodes().size(); ++i) {
      if (joins ? nodes()[i].scaling != nullptr : nodes()[i].kind == NodeKind::weight) chain_.push_back(i);
    }
  }

  void at_state(const StateView<T>& view, Records& out) override {
    for (const std::string& mode : modes_) {
      out_ = &out, bn_mode_ = mode;
      const Pass<T> pass = replica_->pass(mode == "batch" ? Mode::train : mode == "frozen" ? Mode::frozen : Mode::evaluate, view.step);
      replica_->copy(view.ws);
      if (mode == "frozen") replica_->forward(Mode::batch_statistics, batch_.x, view.step);
      const View<T> output = replica_->forward(pass.mode, batch_.x, view.step);
      (*loss_)(output, batch_, network().top(pass.ws, batch_.n()));
      for (size_t i = 0; i < nodes().size(); ++i) forward_side(i);
      absent();
      if (view.step == 0) theory();
      backward_side(pass);
    }
  }

  ProbeCost cost() const override { return {replica_->forwards(), backwards_}; }

  // The growth that theories speak of is that of initialization, between hidden layers: without the classifier's.
  void archive(Archive& archive) override { archive.numbers("summary", summary_); }
  std::vector<std::pair<std::string, double>> summary() const override { return {summary_.begin(), summary_.end()}; }

 private:
  const Network<T>& network() const { return replica_->network(); }
  const std::vector<Node<T>>& nodes() const { return network().nodes(); }
  View<const T> output_of(int node) const { return network().output_of(replica_->ws(), node, batch_.n()); }

  void row(size_t i, const char* metric, double value) {
    if (!std::isfinite(value)) return missing(i, metric, "not finite");
    out_->point(nodes()[i].name, metric, bn_mode_, depth_[i], value);
  }
  void missing(size_t i, const char* metric, const std::string& why) {
    out_->row({.layer = nodes()[i].name, .metric = metric, .bn_mode = bn_mode_, .at = depth_[i], .note = why});
  }

  void forward_side(size_t i) {
    const Node<T>& node = nodes()[i];
    if (node.kind == NodeKind::norm) return gamma(i);
    if (node.scaling) return join(i);
    if (node.kind != NodeKind::weight && node.kind != NodeKind::activation) return;
    const View<const T> y = output_of(static_cast<int>(i));
    const Moments m = moments_of<T>(*pool_, y);
    row(i, "variance", m.variance);
    row(i, "mean2", m.mean2);
    row(i, "second_moment", m.second());
    similarity(i, y);
    if (node.kind != NodeKind::activation) return;
    node.layer->rectifies() ? row(i, "dead_share", dead_share(y)) : missing(i, "dead_share", "not a ReLU");
  }

  // What the network has none of.
  void absent() {
    auto none = [&](const char* metric, const std::string& why, auto is) {
      if (std::none_of(nodes().begin(), nodes().end(), is)) out_->missing("", metric, bn_mode_, why);
    };
    none("gamma_rms", "no norm in the network", [](const Node<T>& node) { return node.kind == NodeKind::norm; });
    none("branch_skip_ratio", "no residual block in the network", [](const Node<T>& node) { return node.scaling != nullptr; });
    none("dead_share", "no activation in the network", [](const Node<T>& node) { return node.kind == NodeKind::activation; });
  }

  void join(size_t i) {
    const Node<T>& node = nodes()[i];
    const auto factors = node.scaling->factors_of(replica_->ws());
    const Moments skip = moments_of<T>(*pool_, network().input_of(replica_->ws(), static_cast<int>(i), batch_.x));
    const Moments branch = moments_of<T>(*pool_, output_of(node.branch)), output = moments_of<T>(*pool_, output_of(static_cast<int>(i)));
    row(i, "skip_variance", skip.variance);
    row(i, "skip_mean2", skip.mean2);
    row(i, "branch_variance", branch.variance);
    row(i, "branch_mean2", branch.mean2);
    row(i, "output_variance", output.variance);
    row(i, "output_mean2", output.mean2);
    row(i, "output_second_moment", output.second());
    row(i, "skip_factor", factors.skip);
    row(i, "branch_factor", factors.branch);
    const double of_skip = factors.skip * factors.skip * skip.variance, of_branch = factors.branch * factors.branch * branch.variance;
    of_skip == 0 ? missing(i, "branch_skip_ratio", "the skip does not vary") : row(i, "branch_skip_ratio", of_branch / of_skip);
    const NamedSlot* learned = parameter(node, "");
    learned ? row(i, "alpha", static_cast<double>(replica_->ws()[learned->slot][0])) : missing(i, "alpha", "the scaling learns no scalar");
    similarity(i, output_of(static_cast<int>(i)));
  }

  void gamma(size_t i) {
    const NamedSlot* learned = parameter(nodes()[i], "/gamma");
    if (!learned) return missing(i, "gamma_rms", "the norm learns no gamma");
    const View<const T> values = replica_->ws()[learned->slot];
    row(i, "gamma_rms", std::sqrt(dot<T>(*pool_, values.data, values.data, values.size()) / static_cast<double>(values.size())));
  }
  const NamedSlot* parameter(const Node<T>& node, const char* ending) const {
    for (size_t p = node.parameters_begin; p < node.parameters_end; ++p) {
      const NamedSlot& entry = network().plan().parameters[p];
      if (entry.role == Role::gain && entry.name.ends_with(ending)) return &entry;
    }
    return nullptr;
  }

  void similarity(size_t i, View<const T> y) {
    const Similarity s = similarity_of<T>(*pool_, {y.data, y.shape.with_n(std::min<Index>(compared_, y.shape.n))});
    for (const auto& [metric, value] : {std::pair{"cosine", s.cosine}, {"stable_rank", s.stable_rank}, {"rank_bound", s.rank_bound}}) {
      s.why.empty() ? row(i, metric, value) : missing(i, metric, s.why);
    }
  }

  static double dead_share(View<const T> y) {
    std::vector<bool> alive(static_cast<size_t>(y.c()), false);
    for (Index r = 0; r < y.rows(); ++r) {
      for (Index c = 0; c < y.c(); ++c) {
        if (y.at(r, c) > 0) alive[static_cast<size_t>(c)] = true;
      }
    }
    return static_cast<double>(std::count(alive.begin(), alive.end(), false)) / static_cast<double>(y.c());
  }

  void theory() {
    std::vector<Expected> expected;
    if (bn_mode_ == "batch") expected = expected_at_start(network(), materials_, replica_->ws(), batch_.x, *pool_);
    for (size_t i = 0; i < nodes().size(); ++i) {
      if (!nodes()[i].scaling) continue;
      const std::string why = expected.empty() ? "theory is of the statistics of the batch" : expected[i].why;
      const bool known = why.empty(), split = known && expected[i].split;
      const std::string no_split = known ? "no theory of how the second moment splits" : why;
      known ? row(i, "theory_output_second_moment", expected[i].second) : missing(i, "theory_output_second_moment", why);
      split ? row(i, "theory_output_variance", expected[i].variance) : missing(i, "theory_output_variance", no_split);
      split ? row(i, "theory_output_mean2", expected[i].mean2) : missing(i, "theory_output_mean2", no_split);
    }
  }

  // Gradients share memory: that of a node is whole once those behind it have gone backward, and is read right then.
  void backward_side(const Pass<T>& pass) {
    const auto count = static_cast<int>(nodes().size());
    std::vector<double> squares(nodes().size());
    for (int i = count - 1; i >= 0; --i) {
      const View<const T> dy = network().gradient_of(pass.ws, i, batch_.n());
      squares[static_cast<size_t>(i)] = dot<T>(*pool_, dy.data, dy.data, dy.size());
      network().backward(pass, batch_.x, i, i + 1);
    }
    ++backwards_;
    for (size_t i = 0; i < nodes().size(); ++i) {
      const NodeKind kind = nodes()[i].kind;
      if (kind != NodeKind::weight && kind != NodeKind::activation && kind != NodeKind::join) continue;
      row(i, "gradient_second_moment", squares[i] / static_cast<double>(nodes()[i].shape.with_n(batch_.n()).size()));
    }
    double logs = 0, hidden = 0;
    for (size_t k = 0; k + 1 < chain_.size(); ++k) {
      const double above = squares[chain_[k + 1]], growth = squares[chain_[k]] / above;
      above == 0 ? missing(chain_[k], "gradient_growth", "no gradient arrives") : row(chain_[k], "gradient_growth", growth);
      if (chain_[k + 1] + 1 < nodes().size()) logs += std::log(growth), hidden += 1;
    }
    if (hidden > 0) summary_.try_emplace("gradient_growth_at_first_look_" + bn_mode_, std::exp(logs / hidden));
  }

  int64_t samples_ = 256, compared_ = 256;
  std::vector<std::string> modes_{"batch"};
  std::unique_ptr<Replica<T>> replica_;
  std::unique_ptr<Batches<T>> batches_;
  Batch<T> batch_;
  std::unique_ptr<Loss<T>> loss_;
  Materials materials_;
  Pool* pool_ = nullptr;
  std::vector<double> depth_;   // by node: what stands in `at`
  std::vector<size_t> chain_;   // the nodes between which gradients are said to grow
  Records* out_ = nullptr;
  std::string bn_mode_;
  int64_t backwards_ = 0;
  std::map<std::string, double> summary_;
};

}  // namespace

BNLAB_DEFINE_MAKE(probes, signal_propagation, SignalPropagation<T>)

}  // namespace bnlab
