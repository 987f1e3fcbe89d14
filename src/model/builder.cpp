#include "model/builder.h"

#include <fmt/format.h>

#include "core/error.h"
#include "nn/layers/dropout.h"
#include "nn/layers/linear.h"

namespace bnlab {

void Materials::describe(Fields& f) {
  f.component("activation", activation, activations<float>(), "between the weight layers; null: ReLU, in deep_linear none", true);
  f.component("norm", norm, norms<float>(), "the normalizer");
  f.component_or_texts("placement", placement, placements(), "sites", "where it stands: a preset, or a list of sites");
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
  activations_ = weights_ = 0;
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
int Builder<T>::add(Node<T> node) {
  if (node.kind != NodeKind::join) node.input = here_;
  nodes_.push_back(std::move(node));
  return here_ = static_cast<int>(nodes_.size()) - 1;
}

template <class T>
Builder<T>& Builder<T>::weight(Index out, const Choice& initializer) {
  Node<T> node;
  ++weights_;
  node.name = scope_ + (weights_ == 1 ? "/linear" : fmt::format("/linear{}", weights_));
  node.kind = NodeKind::weight;
  node.what = "linear";
  const bool last = scope_ == "output";
  node.layer = std::make_unique<Linear<T>>(out, biases_ && materials_.bias != "never", initializer,
                                           last ? Choice{"plain", "{}"} : materials_.weights);
  add(std::move(node));
  return *this;
}

template <class T>
Builder<T>& Builder<T>::linear(Index out) {
  return weight(out, materials_.initializer);
}

template <class T>
Builder<T>& Builder<T>::classifier() {
  norm(Site::before_classifier);
  scope_ = "output";
  weights_ = 0;
  return weight(outputs_, materials_.classifier_initializer.name.empty() ? materials_.initializer : materials_.classifier_initializer);
}

template <class T>
Builder<T>& Builder<T>::norm(Site site) {
  Node<T> node;  // a placeholder until the placement has spoken
  const std::string base = (site == Site::before_classifier ? "output" : scope_) + "/" + site_names()[static_cast<size_t>(site)];
  const int same = ++names_[base];
  node.name = same == 1 ? base : fmt::format("{}_{}", base, same);
  node.kind = NodeKind::norm;
  node.what = materials_.norm.name;
  offers_.push_back({node.name, site});
  offered_at_.push_back(add(std::move(node)));
  return *this;
}

template <class T>
Builder<T>& Builder<T>::activate() {
  ++activations_;
  if (activation_.name == "identity") return *this;
  Node<T> node;
  const std::string& what = activation_.name;
  node.name = scope_ + "/" + (activations_ == 1 ? what : fmt::format("{}{}", what, activations_));
  node.kind = NodeKind::activation;
  node.what = what;
  node.layer = make_as<Layer<T>>(activations<T>(), activation_);
  add(std::move(node));
  return *this;
}

template <class T>
Builder<T>& Builder<T>::dropout() {
  if (materials_.dropout == 0) return *this;
  Node<T> node;
  node.name = scope_ + "/dropout" + (activations_ > 1 ? std::to_string(activations_) : "");
  node.kind = NodeKind::dropout;
  node.what = "dropout";
  node.layer = std::make_unique<Dropout<T>>(materials_.dropout);
  add(std::move(node));
  return *this;
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
  add(std::move(node));
  return *this;
}

template <class T>
Builder<T>& Builder<T>::go(int node) {
  here_ = node;
  return *this;
}

template <class T>
Network<T> Builder<T>::finish() {
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
  return Network<T>(input_, std::move(kept), std::move(offers_), std::move(covered));
}

template class Builder<float>;
template class Builder<double>;

}  // namespace bnlab
