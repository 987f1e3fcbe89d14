#include "model/builder.h"

#include <fmt/format.h>

#include "core/error.h"
#include "model/settle.h"
#include "nn/layers/conv2d.h"
#include "nn/layers/dropout.h"
#include "nn/layers/linear.h"
#include "nn/layers/pooling.h"
#include "nn/layers/row.h"

namespace bnlab {

void Materials::describe(Fields& f) {
  f.component("activation", activation, activations<float>(), "between the weight layers; null: ReLU, in deep_linear none", true);
  f.component("norm", norm, norms<float>(), "the normalizer");
  f.component_or_texts("placement", placement, placements(), "sites", "where it stands: a preset, or a list of sites; published: where the architecture has norms");
  f.component("initializer", initializer, initializers(), "initial weights");
  f.component("classifier_initializer", classifier_initializer, initializers(), "initial weights of the last layer; null: as the others", true);
  f.component("weights", weights, weight_maps<float>(), "reparameterization of the weight layers but the classifier");
  f.component("scaling", scaling, scalings<float>(), "how residual blocks join skip and branch");
  f.option("bias", bias, {"auto", "always", "never"}, "biases of the weight layers; auto: where no norm right behind would cancel them");
  f.number("dropout", dropout, from_below(0, 1), "share of units dropped after each activation in training");
}

template <class T>
Builder<T>::Builder(Shape input, Index outputs, const Materials& materials) 
    : input_(input),
      outputs_(outputs),
      materials_(materials),
      activation_(materials.activation.name.empty() ? chosen(activations<T>(), "relu") : materials.activation) {}

template <class T>
Builder<T>& Builder<T>::enter(const std::string& scope) {
  scope_ = scope, tie_.clear();
  block_ = 0;
  return *this;
}

template <class T>
Builder<T>& Builder<T>::without_biases() {
  biases_ = false;
  return *this;
}

template <class T>
Builder<T>& Builder<T>::unless_named(const std::string& activation) {
  if (materials_.activation.name.empty()) activation_ = chosen(activations<T>(), activation);
  return *this;
}

template <class T>
Builder<T>& Builder<T>::start_gammas(double value) {
  initial_gamma_ = value;
  return *this;
}

template <class T>
Builder<T>& Builder<T>::tie(const std::string& scope, bool shares_state) {
  tie_ = scope, ties_state_ = shares_state;
  return *this;
}

template <class T>
int Builder<T>::put(Node<T> node) {
  if (node.kind != NodeKind::join) node.input = here_;
  if (!tie_.empty()) node.tie = tie_ + node.name.substr(scope_.size()), node.ties_state = ties_state_;
  nodes_.push_back(std::move(node));
  return here_ = static_cast<int>(nodes_.size()) - 1;
}

template <class T>
Builder<T>& Builder<T>::add(const std::string& name, NodeKind kind, const std::string& what, std::unique_ptr<Layer<T>> layer) {
  Node<T> node;
  node.name = name, node.kind = kind, node.what = what, node.layer = std::move(layer);
  put(std::move(node));
  return *this;
}

template <class T>
std::string Builder<T>::numbered(const std::string& what) {
  const std::string name = scope_ + "/" + what;
  const int times = ++wanted_[name];
  return times == 1 ? name : name + std::to_string(times);
}

template <class T>
void Builder<T>::offer(const std::string& name, Place place) {
  add(name, NodeKind::scaling, materials_.scaling.name, nullptr);  // a placeholder until the whole network is known
  places_.push_back({here_, place});
}

template <class T>
Builder<T>& Builder<T>::add_weight(const std::string& what, const std::string& kind, std::unique_ptr<Layer<T>> layer, bool in_branch, bool classifier) {
  const std::string name = numbered(what);
  Place place{Spot::weight, block_};
  if (in_branch) place.layer = ++branches_.back().layers;
  place.classifier = classifier;
  if (!weights_.empty()) offer(scope_ + "/before_" + name.substr(scope_.size() + 1), place);
  add(name, NodeKind::weight, kind, std::move(layer));
  weights_.push_back({here_, place});
  return *this;
}

template <class T>
Builder<T>& Builder<T>::add_linear(Index out, bool bias, bool of_rows) {
  return add_weight("linear", "linear", std::make_unique<Linear<T>>(out, bias, materials_.initializer, materials_.weights, of_rows), branch_start_ >= 0, false);
}

template <class T>
Builder<T>& Builder<T>::linear(Index out) {
  return add_linear(out, biased(), false);
}

template <class T>
Builder<T>& Builder<T>::linear_without_bias(Index out) {
  return add_linear(out, false, false);
}

template <class T>
Builder<T>& Builder<T>::linear_of_rows(Index out) {
  return add_linear(out, biased(), true);
}

template <class T>
Builder<T>& Builder<T>::row(Index which) {
  return add(numbered("row"), NodeKind::row, "row", std::make_unique<Row<T>>(which));
}

template <class T>
Builder<T>& Builder<T>::classifier() {
  norm(Site::before_classifier);
  scope_ = "output";
  const Choice& initializer = materials_.classifier_initializer.name.empty() ? materials_.initializer : materials_.classifier_initializer;
  return add_weight("linear", "linear", std::make_unique<Linear<T>>(outputs_, biased(), initializer, Choice{"plain", "{}"}), false, true);
}

template <class T>
Builder<T>& Builder<T>::conv(Index out, Index kernel, Index stride) {
  if (input_.h == 1 && input_.w == 1) {
    throw ConfigError("model.name", fmt::format("convolutions need images, but a sample of this data is a list of {} numbers; `bnlab list datasets` says which data are images", input_.c));
  }
  return add_weight("conv", "conv2d", std::make_unique<Conv2d<T>>(ConvOptions{out, kernel, stride, kernel / 2}, biased(), materials_.initializer, materials_.weights, materials_.convolution), branch_start_ >= 0, false);
}

template <class T>
Builder<T>& Builder<T>::projection(Index out, Index stride) {
  offer_transition();
  return add_weight("projection", "conv2d", std::make_unique<Conv2d<T>>(ConvOptions{out, 1, stride, 0}, false, materials_.initializer, materials_.weights, materials_.convolution), false, false);
}

template <class T>
Builder<T>& Builder<T>::padded_identity(Index channels, Index stride) {
  offer_transition();
  return add(numbered("shortcut"), NodeKind::shortcut, "padded_identity", std::make_unique<PaddedIdentity<T>>(channels, stride));
}

template <class T>
Builder<T>& Builder<T>::max_pool(Index size) {
  return add(numbered("pool"), NodeKind::pool, "max_pool", std::make_unique<MaxPool<T>>(size, size));
}

template <class T>
Builder<T>& Builder<T>::global_average_pool() {
  return add(numbered("pool"), NodeKind::pool, "global_average_pool", std::make_unique<AveragePool<T>>(0, 1));
}

template <class T>
Builder<T>& Builder<T>::norm(Site site, bool published) {
  const std::string base = (site == Site::before_classifier ? "output" : scope_) + "/" + site_names()[static_cast<size_t>(site)];
  const int same = ++wanted_[base];
  const std::string name = same == 1 ? base : fmt::format("{}_{}", base, same);
  add(name, NodeKind::norm, materials_.norm.name, nullptr);  // a placeholder until the placement has spoken
  offers_.push_back({name, site, published});
  offered_at_.push_back(here_);
  return *this;
}

template <class T>
Builder<T>& Builder<T>::activate() {
  const std::string& what = activation_.name;
  if (what == "identity") return *this;
  const std::string name = numbered(what);
  offer(scope_ + "/before_" + name.substr(scope_.size() + 1), {Spot::activation, block_});
  return add(name, NodeKind::activation, what, make_as<Layer<T>>(activations<T>(), activation_));
}

template <class T>
Builder<T>& Builder<T>::dropout() {
  if (materials_.dropout == 0) return *this;
  return add(numbered("dropout"), NodeKind::dropout, "dropout", std::make_unique<Dropout<T>>(materials_.dropout));
}

template <class T>
Builder<T>& Builder<T>::begin_block() {
  const int summed = branches_.empty() ? 0 : branches_.back().transition ? 1 : branches_.back().summed + 1;
  branches_.push_back({0, summed, false});
  const auto number = static_cast<int>(branches_.size());
  enter(fmt::format("block{}", number));
  block_ = number;
  return *this;
}

template <class T>
Builder<T>& Builder<T>::begin_branch() {
  offer(scope_ + "/branch", {Spot::branch, block_});
  branch_start_ = here_;
  return *this;
}

template <class T>
void Builder<T>::offer_transition() {
  branches_.back().transition = true;
  bool shared = false;  // does the place before the branch stand before this shortcut too?
  for (int node = here_; node >= 0 && branch_start_ >= 0; node = nodes_[static_cast<size_t>(node)].input) shared |= node == branch_start_;
  if (!shared) offer(scope_ + "/transition", {Spot::transition, block_});
}

template <class T>
Builder<T>& Builder<T>::join(int skip) {
  Node<T> node;
  node.name = scope_ + "/add";
  node.kind = NodeKind::join;
  node.what = materials_.scaling.name;
  node.scaling = make_as<Scaling<T>>(scalings<T>(), materials_.scaling);
  node.input = skip;
  node.branch = here_;
  node.block = block_;
  put(std::move(node));
  branch_start_ = -1;
  return *this;
}

template <class T>
Builder<T>& Builder<T>::add(int input, int step) {
  Node<T> node;
  node.name = scope_ + "/add", node.kind = NodeKind::join, node.what = "none";
  node.scaling = make_as<Scaling<T>>(scalings<T>(), chosen(scalings<T>(), "none"));
  node.input = input, node.branch = here_, node.block = step;
  put(std::move(node));
  return *this;
}

template <class T>
Builder<T>& Builder<T>::go(int node) {
  here_ = node;
  return *this;
}

template <class T>
Place Builder<T>::complete(Place place) const {
  place.blocks = static_cast<int>(branches_.size());
  if (place.block == 0) return place;
  const Branch& branch = branches_[static_cast<size_t>(place.block - 1)];
  place.layers = branch.layers;
  place.summed = branch.summed;
  return place;
}

// The layers a scaling wants, and what it wants of the weight layers.
template <class T>
void Builder<T>::ask_scaling() {
  if (branches_.empty() && materials_.scaling.name != "none") {
    throw ConfigError("model.scaling", fmt::format("'{}' says how residual blocks join, but this model has no residual blocks; use none", materials_.scaling.name));
  }
  const auto scaling = make_as<Scaling<T>>(scalings<T>(), materials_.scaling);
  for (const auto& [node, place] : places_) nodes_[static_cast<size_t>(node)].layer = scaling->before(complete(place));
  for (const auto& [node, place] : weights_) {
    Layer<T>& layer = *nodes_[static_cast<size_t>(node)].layer;
    layer.scale_initial_weights(scaling->initial_gain(complete(place)));
    if (materials_.bias == "auto" && scaling->replaces_bias(complete(place))) layer.drop_bias();
  }
}

template <class T>
Network<T> Builder<T>::finish(Keep keep) {
  auto placement = make_as<Placement>(placements(), materials_.placement);
  std::vector<bool> covered = placement->cover(offers_);
  if (materials_.norm.name == "identity") covered.assign(offers_.size(), false);
  for (size_t i = 0; i < offers_.size(); ++i) {
    if (!covered[i]) continue;
    auto& layer = nodes_[static_cast<size_t>(offered_at_[i])].layer = make_as<Layer<T>>(norms<T>(), materials_.norm);
    if (initial_gamma_ != 1 && !layer->start_gamma(initial_gamma_)) {
      throw ConfigError("model.initial_gamma", fmt::format("gamma is to start from {}, but {} learns none; use 1, or an affine norm such as batch_norm", initial_gamma_, materials_.norm.name));
    }
  }
  ask_scaling();
  std::vector<Node<T>> nodes = without_placeholders(std::move(nodes_));
  zero_last_gammas(nodes);
  if (materials_.bias == "auto") drop_cancelled_biases(nodes);
  return Network<T>(input_, std::move(nodes), std::move(offers_), std::move(covered), keep);
}

template class Builder<float>;
template class Builder<double>;

}  // namespace bnlab
