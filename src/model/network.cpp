#include "model/network.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "tensor/kernels/elementwise.h"

namespace bnlab {

const char* text(NodeKind kind) {
  switch (kind) {
    case NodeKind::weight: return "weight";
    case NodeKind::activation: return "activation";
    case NodeKind::norm: return "norm";
    case NodeKind::dropout: return "dropout";
    case NodeKind::pool: return "pool";
    case NodeKind::shortcut: return "shortcut";
    case NodeKind::join: return "join";
    case NodeKind::scaling: return "scaling";
  }
  return "";
}

template <class T>
Network<T>::Network(Shape input, std::vector<Node<T>> nodes, std::vector<SiteOffer> offers, std::vector<bool> covered)
    : input_(input), nodes_(std::move(nodes)), offers_(std::move(offers)), covered_(std::move(covered)) {
  int blocks = 0;
  for (const auto& node : nodes_) blocks = std::max(blocks, node.block);
  Planner planner(sizeof(T));
  for (auto& node : nodes_) {
    planner.enter(node.name);
    node.in = node.input < 0 ? input_ : nodes_[static_cast<size_t>(node.input)].shape;
    if (node.layer) {
      node.shape = node.layer->plan(node.in, planner);
    } else {
      node.shape = node.in;
      const Shape branch = nodes_[static_cast<size_t>(node.branch)].shape;
      if (branch != node.in) {
        throw ConfigError("model", fmt::format("{}: skip {} and branch {} differ", node.name, text(node.in), text(branch)));
      }
      node.scaling->plan(node.shape, node.block, blocks, planner);
    }
    planner.end_of_layer();
    node.output = planner.cache(node.shape);
  }
  plan_gradients(planner);
  plan_ = planner.finish();
}

// Gradients of activations live from the first consumer's backward (the last node that reads them) to their own; freed
// blocks are taken again, first fit.
template <class T>
void Network<T>::plan_gradients(Planner& planner) {
  struct Block {
    Index offset, size;
    bool free;
  };
  std::vector<Block> blocks;
  const Index unit = 64 / static_cast<Index>(sizeof(T)), base = planner.calls_scratch();
  Index used = base;
  auto take = [&](Shape shape) {
    const Index size = (shape.size() + unit - 1) / unit * unit;
    for (auto& block : blocks) {
      if (block.free && block.size >= size) {
        block.free = false;
        return Slot{Region::scratch, block.offset, shape};
      }
    }
    blocks.push_back({used, size, false});
    used += size;
    return Slot{Region::scratch, blocks.back().offset, shape};
  };
  auto release = [&](const Slot& slot) {
    for (auto& block : blocks) {
      if (block.offset == slot.offset) block.free = true;
    }
  };
  std::vector<bool> written(nodes_.size(), false);
  Index most = 0;
  auto arrives = [&](int from) {
    if (from < 0) return false;
    const bool before = written[static_cast<size_t>(from)];
    if (before) most = std::max(most, nodes_[static_cast<size_t>(from)].shape.size());
    written[static_cast<size_t>(from)] = true;
    return before;
  };
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
    node->adds_to_branch = arrives(node->branch);
    node->adds_to_input = arrives(node->input);
  }
  if (most > 0) extra_ = take({1, 1, 1, most});
  nodes_.back().gradient = take(nodes_.back().shape);
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
    for (const int from : {node->input, node->branch}) {
      if (from >= 0 && !nodes_[static_cast<size_t>(from)].gradient) {
        auto& source = nodes_[static_cast<size_t>(from)];
        source.gradient = take(source.shape);
      }
    }
    release(node->gradient);
  }
  planner.keep_scratch(used - base);
}

template <class T>
View<T> Network<T>::input_of(const Workspace<T>& ws, int node, View<const T> x) const {
  const int from = nodes_[static_cast<size_t>(node)].input;
  if (from < 0) return {const_cast<T*>(x.data), x.shape};
  return output_of(ws, from, x.shape.n);
}

template <class T>
View<T> Network<T>::forward(const Pass<T>& pass, View<const T> x) const {
  const Index n = x.shape.n;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const Node<T>& node = nodes_[i];
    const View<const T> in = input_of(pass.ws, static_cast<int>(i), x);
    const View<T> out = pass.ws.first(node.output, n);
    if (node.layer) {
      node.layer->forward(pass, in, out);
    } else {
      node.scaling->forward(pass, in, output_of(pass.ws, node.branch, n), out);
    }
  }
  return pass.ws.first(nodes_.back().output, n);
}

template <class T>
void Network<T>::backward(const Pass<T>& pass, View<const T> x) const {
  const Index n = x.shape.n;
  auto destination = [&](int from, bool adds) {
    if (from < 0) return View<T>{};
    const Node<T>& source = nodes_[static_cast<size_t>(from)];
    return adds ? View<T>{pass.ws[extra_].data, source.shape.with_n(n)} : pass.ws.first(source.gradient, n);
  };
  auto arrive = [&](int from, bool adds, View<T> more) {
    if (!adds) return;
    const View<T> total = pass.ws.first(nodes_[static_cast<size_t>(from)].gradient, n);
    for_ranges(pass.pool, total.size(), [&](Index begin, Index end) {
      for (Index k = begin; k < end; ++k) total[k] += more[k];
    });
  };
  for (size_t i = nodes_.size(); i-- > 0;) {
    const Node<T>& node = nodes_[i];
    const View<const T> in = input_of(pass.ws, static_cast<int>(i), x), out = pass.ws.first(node.output, n);
    const View<const T> dy = pass.ws.first(node.gradient, n);
    if (node.layer) {
      const View<T> dx = destination(node.input, node.adds_to_input);
      node.layer->backward(pass, in, out, dy, dx);
      arrive(node.input, node.adds_to_input, dx);
    } else {
      const View<const T> branch = output_of(pass.ws, node.branch, n);
      const View<T> dbranch = destination(node.branch, node.adds_to_branch);
      node.scaling->backward(pass, in, branch, dy, {}, dbranch);
      arrive(node.branch, node.adds_to_branch, dbranch);
      const View<T> dskip = destination(node.input, node.adds_to_input);
      node.scaling->backward(pass, in, branch, dy, dskip, {});
      arrive(node.input, node.adds_to_input, dskip);
    }
  }
}

template <class T>
void Network<T>::initialize(Workspace<T>& ws, uint64_t seed) const {
  for (const auto& node : nodes_) {
    if (node.layer) node.layer->initialize(ws, seed);
    if (node.scaling) node.scaling->initialize(ws, seed);
  }
}

template <class T>
void Network<T>::begin_calibration(Workspace<T>& ws) const {
  for (const auto& node : nodes_) {
    if (node.layer) node.layer->begin_calibration(ws);
    if (node.scaling) node.scaling->begin_calibration(ws);
  }
}

template <class T>
std::vector<Calibration> Network<T>::calibrations() const {
  std::vector<Calibration> out;
  for (const auto& node : nodes_) {
    if (!node.layer) continue;
    const Calibration wish = node.layer->calibration();
    if (wish.reference_size > 0) out.push_back(wish);
  }
  return out;
}

template <class T>
void Network<T>::check_batch(Index n) const {
  for (const auto& node : nodes_) {
    const Shape in = node.in.with_n(n);
    const std::string why = node.layer ? node.layer->refuses(in) : node.scaling->refuses(in);
    if (!why.empty()) {
      throw ConfigError("train.batch_size", fmt::format("{} at {}: {} (batch size {})", node.what, node.name, why, n));
    }
  }
}

template <class T>
double Network<T>::multiply_adds_per_sample() const {
  double sum = 0;
  for (const auto& node : nodes_) sum += node.layer ? node.layer->multiply_adds_per_sample() : 0;
  return sum;
}

template <class T>
Index Network<T>::parameters() const {
  Index sum = 0;
  for (const auto& entry : plan_.parameters) sum += entry.slot.shape.size();
  return sum;
}

template struct Node<float>;
template struct Node<double>;
template class Network<float>;
template class Network<double>;

}  // namespace bnlab
