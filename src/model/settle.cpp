#include "model/settle.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace bnlab {

template <class T>
std::vector<Node<T>> without_placeholders(std::vector<Node<T>> nodes) {
  std::vector<int> renamed(nodes.size());
  std::vector<Node<T>> kept;
  auto to = [&](int node) { return node < 0 ? -1 : renamed[static_cast<size_t>(node)]; };
  for (size_t i = 0; i < nodes.size(); ++i) {
    Node<T>& node = nodes[i];
    if (!node.layer && !node.scaling) {
      renamed[i] = to(node.input);
      continue;
    }
    node.input = to(node.input);
    node.branch = to(node.branch);
    renamed[i] = static_cast<int>(kept.size());
    kept.push_back(std::move(node));
  }
  return kept;
}

template <class T>
void zero_last_gammas(std::vector<Node<T>>& nodes) {
  for (const Node<T>& join : nodes) {
    if (!join.scaling || !join.scaling->zeroes_last_gamma()) continue;
    const Node<T>* last = &nodes[static_cast<size_t>(join.branch)];
    if (last->kind != NodeKind::norm) {
      throw ConfigError("model.scaling", fmt::format("{} starts the norm that ends each branch from gamma = 0, but no norm stands behind the last weight layer before {}; use a norm such as batch_norm with placement branch_end (or published, in resnet_cifar v1)", join.what, join.name));
    }
    if (!last->layer->start_gamma(0)) {
      throw ConfigError("model.norm", fmt::format("{} starts gamma of {} from 0, but {} learns none there; use an affine norm such as batch_norm", join.what, last->name, last->what));
    }
  }
}

template <class T>
void drop_cancelled_biases(std::vector<Node<T>>& nodes) {
  std::vector<std::vector<size_t>> readers(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (const int from : {nodes[i].input, nodes[i].branch}) {
      if (from >= 0) readers[static_cast<size_t>(from)].push_back(i);
    }
  }
  auto cancelled = [&](size_t i) { return readers[i].size() == 1 && nodes[readers[i][0]].layer && nodes[readers[i][0]].layer->cancels_bias(); };
  for (size_t i = 0; i < nodes.size(); ++i) {
    const bool by_rows = !readers[i].empty() && std::all_of(readers[i].begin(), readers[i].end(), [&](size_t r) { return nodes[r].kind == NodeKind::row && cancelled(r); });
    if (nodes[i].layer && (cancelled(i) || by_rows)) nodes[i].layer->drop_bias();
  }
}

template std::vector<Node<float>> without_placeholders(std::vector<Node<float>>);
template std::vector<Node<double>> without_placeholders(std::vector<Node<double>>);
template void zero_last_gammas(std::vector<Node<float>>&);
template void zero_last_gammas(std::vector<Node<double>>&);
template void drop_cancelled_biases(std::vector<Node<float>>&);
template void drop_cancelled_biases(std::vector<Node<double>>&);

}  // namespace bnlab
