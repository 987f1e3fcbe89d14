#include "model/builder.h"

#include <fmt/format.h>

#include "core/error.h"
#include "nn/layers/conv2d.h"
#include "nn/layers/dropout.h"
#include "nn/layers/linear.h"
#include "nn/layers/pooling.h"

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
  scope_ = scope;
  return *this;
}

template <class T>
Builder<T>& Builder<T>::without_biases() {
  biases_ = false;
  return *this;
}

template <class T>
Builder<T>& Builder<T>::without_activations() {
  if (materials_.activation.name.empty()) activation_ = chosen(activations<T>(), "identity");
  return *this;
}

template <class T>
int Builder<T>::put(Node<T> node) {
  if (node.kind != NodeKind::join) node.input = here_;
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
Builder<T>& Builder<T>::linear(Index out) {
  return add(numbered("linear"), NodeKind::weight, "linear",
             std::make_unique<Linear<T>>(out, biases_ && materials_.bias != "never", materials_.initializer, materials_.weights));
}

template <class T>
Builder<T>& Builder<T>::classifier() {
  norm(Site::before_classifier);
  scope_ = "output";
  const Choice& initializer = materials_.classifier_initializer.name.empty() ? materials_.initializer : materials_.classifier_initializer;
  return add(numbered("linear"), NodeKind::weight, "linear",
             std::make_unique<Linear<T>>(outputs_, biases_ && materials_.bias != "never", initializer, Choice{"plain", "{}"}));
}

template <class T>
Builder<T>& Builder<T>::conv(Index out, Index kernel, Index stride) {
  return add(numbered("conv"), NodeKind::weight, "conv2d",
             std::make_unique<Conv2d<T>>(ConvOptions{out, kernel, stride, kernel / 2}, biases_ && materials_.bias != "never", materials_.initializer, materials_.weights, materials_.convolution));
}

template <class T>
Builder<T>& Builder<T>::projection(Index out, Index stride) {
  return add(numbered("projection"), NodeKind::weight, "conv2d",
             std::make_unique<Conv2d<T>>(ConvOptions{out, 1, stride, 0}, false, materials_.initializer, materials_.weights, materials_.convolution));
}

template <class T>
Builder<T>& Builder<T>::padded_identity(Index channels, Index stride) {
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
  return add(numbered(what), NodeKind::activation, what, make_as<Layer<T>>(activations<T>(), activation_));
}

template <class T>
Builder<T>& Builder<T>::dropout() {
  if (materials_.dropout == 0) return *this;
  return add(numbered("dropout"), NodeKind::dropout, "dropout", std::make_unique<Dropout<T>>(materials_.dropout));
}

template <class T>
Builder<T>& Builder<T>::join(int skip, int block) {
  Node<T> node;
  node.name = scope_ + "/add";
  node.kind = NodeKind::join;
  node.what = materials_.scaling.name;
  node.scaling = make_as<Scaling<T>>(scalings<T>(), materials_.scaling);
  node.input = skip;
  node.branch = here_;
  node.block = block;
  put(std::move(node));
  return *this;
}

template <class T>
Builder<T>& Builder<T>::go(int node) {
  here_ = node;
  return *this;
}

template <class T>
Network<T> Builder<T>::finish(Keep keep) {
  auto placement = make_as<Placement>(placements(), materials_.placement);
  std::vector<bool> covered = placement->cover(offers_);
  if (materials_.norm.name == "identity") covered.assign(offers_.size(), false);
  for (size_t i = 0; i < offers_.size(); ++i) {
    if (covered[i]) nodes_[static_cast<size_t>(offered_at_[i])].layer = make_as<Layer<T>>(norms<T>(), materials_.norm);
  }
  // Leave out the placeholders that stayed empty: whoever reads them reads what they would have read.
  std::vector<int> renamed(nodes_.size());
  std::vector<Node<T>> kept;
  auto to = [&](int node) { return node < 0 ? -1 : renamed[static_cast<size_t>(node)]; };
  for (size_t i = 0; i < nodes_.size(); ++i) {
    Node<T>& node = nodes_[i];
    if (!node.layer && !node.scaling) {
      renamed[i] = to(node.input);
      continue;
    }
    node.input = to(node.input);
    node.branch = to(node.branch);
    renamed[i] = static_cast<int>(kept.size());
    kept.push_back(std::move(node));
  }
  if (materials_.bias == "auto") {
    std::vector<int> readers(kept.size(), 0);
    std::vector<const Layer<T>*> reader(kept.size(), nullptr);
    for (const auto& node : kept) {
      for (const int from : {node.input, node.branch}) {
        if (from < 0) continue;
        ++readers[static_cast<size_t>(from)];
        reader[static_cast<size_t>(from)] = node.layer.get();
      }
    }
    for (size_t i = 0; i < kept.size(); ++i) {
      if (kept[i].layer && readers[i] == 1 && reader[i] && reader[i]->cancels_bias()) kept[i].layer->drop_bias();
    }
  }
  return Network<T>(input_, std::move(kept), std::move(offers_), std::move(covered), keep);
}

template class Builder<float>;
template class Builder<double>;

}  // namespace bnlab
