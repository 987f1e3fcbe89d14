#include "model/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "core/error.h"
#include "tensor/kernels/elementwise.h"

namespace bnlab {
namespace {

// Adds the time until it goes out of scope.
class Stopwatch {
 public:
  explicit Stopwatch(double* sum) : sum_(sum) {
    if (sum_) begin_ = Clock::now();
  }
  ~Stopwatch() {
    if (sum_) *sum_ += std::chrono::duration<double>(Clock::now() - begin_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  double* sum_;
  Clock::time_point begin_;
};

// to += from
template <class T>
void add(Pool& pool, View<T> to, View<const T> from) {
  for_ranges(pool, to.size(), [=](Index begin, Index end) {
    for (Index k = begin; k < end; ++k) to[k] += from[k];
  });
}

template <class T>
void hand_on(Pool& pool, View<const T> from, View<T> to, bool adds) {
  if (!to) return;
  if (adds) return add(pool, to, from);
  for_ranges(pool, to.size(), [=](Index begin, Index end) { std::copy(from.data + begin, from.data + end, to.data + begin); });
}

// All parameters of a node, which lie side by side, as one.
template <class T>
Slot parameters_of(const Plan& plan, const Node<T>& node) {
  if (node.parameters_begin == node.parameters_end) return {Region::parameters, 0, {1, 1, 1, 0}};
  const Slot &first = plan.parameters[node.parameters_begin].slot, &last = plan.parameters[node.parameters_end - 1].slot;
  return {Region::parameters, first.offset, {1, 1, 1, last.offset + last.shape.size() - first.offset}};
}

}  // namespace

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
    case NodeKind::row: return "row";
  }
  return "";
}

template <class T>
Network<T>::Network(Shape input, std::vector<Node<T>> nodes, std::vector<SiteOffer> offers, std::vector<bool> covered, Keep keep)
    : input_(input), nodes_(std::move(nodes)), offers_(std::move(offers)), covered_(std::move(covered)) {
  int blocks = 0;
  for (const auto& node : nodes_) blocks = std::max(blocks, node.block);
  Planner planner(sizeof(T));
  for (auto& node : nodes_) {
    planner.enter(node.name, node.tie, node.ties_state);
    node.parameters_begin = planner.parameters_so_far();
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
    node.parameters_end = planner.parameters_so_far();
    planner.end_of_layer();
  }
  steps_ = steps_of(nodes_, keep);
  Index most_channels = 0;
  for (const Step& step : steps_) {
    Node<T>& last = nodes_[static_cast<size_t>(step.last)];
    last.output = planner.cache(last.shape);
    if (step.measures) most_channels = std::max(most_channels, last.shape.c);
  }
  moments_ = planner.cache({1, 1, 1, 2 * most_channels * static_cast<Index>(sizeof(double) / sizeof(T))});
  const GradientPlan gradients = plan_gradients(nodes_, steps_, planner.calls_scratch());
  extra_ = gradients.extra;
  planner.keep_scratch(gradients.elements);
  plan_ties(planner);
  plan_ = planner.finish();
}

// The layers of a tie write their gradients as if each were alone; the network adds them up, last to first.
template <class T>
void Network<T>::plan_ties(Planner& planner) {
  std::map<std::string, Node<T>*> firsts;
  Index most = 0;
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
    if (node->tie.empty()) continue;
    node->adds_gradient = firsts.contains(node->tie);
    firsts[node->tie] = &*node;  // of those before, in the end the first
  }
  for (auto& node : nodes_) {
    if (node.tie.empty()) continue;
    const Node<T>& first = *firsts[node.tie];
    node.again = &node != &first;
    node.parameters_begin = first.parameters_begin, node.parameters_end = first.parameters_end;
    most = std::max(most, parameters_of(planner.so_far(), node).shape.c);
  }
  share_ = planner.cache({1, 1, 1, most});
}

template <class T>
View<T> Network<T>::value_of(const Workspace<T>& ws, int node, View<const T> x) const {
  if (node < 0) return {const_cast<T*>(x.data), x.shape};
  return output_of(ws, node, x.shape.n);
}

template <class T>
View<T> Network<T>::input_of(const Workspace<T>& ws, int node, View<const T> x) const {
  return value_of(ws, nodes_[static_cast<size_t>(node)].input, x);
}

template <class T>
Pass<T> Network<T>::own(const Pass<T>& pass, int node, View<const T> x) const {
  Pass<T> now = pass;
  if (pass.pattern) now.pattern_input = input_of(*pass.pattern, node, x);
  return now;
}

template <class T>
View<T> Network<T>::forward(const Pass<T>& pass, View<const T> x, int first, int end) const {
  const Index n = x.shape.n;
  const bool statistics = pass.mode != Mode::evaluate && pass.mode != Mode::frozen;
  const double* measured = nullptr;  // of what the step before computed
  for (const Step& step : steps_) {
    if (step.last < first || step.last >= end) continue;
    const Stopwatch stopwatch(pass.times ? &pass.times[step.last].forward : nullptr);
    const View<T> out = output_of(pass.ws, step.last, n);
    if (step.layer < 0) {
      measured = nullptr;
      const Node<T>& join = node(step.join);
      join.scaling->forward(pass, value_of(pass.ws, join.input, x), output_of(pass.ws, join.branch, n), out);
      continue;
    }
    Pass<T> now = own(pass, step.layer, x);
    const Tail<T> tail{step.join < 0 ? nullptr : value_of(pass.ws, node(step.join).input, x).data, step.rectifies, nullptr};
    if (step.tail()) now.tail = &tail;
    now.measured = measured;
    now.measures = step.measures && statistics ? pass.ws.doubles(moments_) : nullptr;
    measured = now.measures;
    node(step.layer).layer->forward(now, value_of(pass.ws, node(step.layer).input, x), out);
  }
  return output_of(pass.ws, steps_.back().last, n);
}

template <class T>
void Network<T>::backward(const Pass<T>& pass, View<const T> x, int first, int end) const {
  const Index n = x.shape.n;
  auto total_of = [&](int from) { return from < 0 ? View<T>{} : gradient_of(pass.ws, from, n); };
  // Runs write(destination) so that the gradient of `from` gains what it writes.
  auto arrive = [&](int from, bool adds, const auto& write) {
    const View<T> total = total_of(from);
    if (!adds) return write(total);
    const View<T> more{pass.ws[extra_].data, total.shape};
    write(more);
    add(pass.pool, total, View<const T>(more));
  };
  for (auto step = steps_.rbegin(); step != steps_.rend() && step->last >= first; ++step) {
    if (step->last >= end) continue;
    const Stopwatch stopwatch(pass.times ? &pass.times[step->last].backward : nullptr);
    const View<T> dy = total_of(step->last);
    if (step->layer >= 0) {
      const Node<T>& layer = node(step->layer);
      const Tail<T> tail{nullptr, step->rectifies, dy.data};
      Pass<T> now = own(pass, step->layer, x);
      if (step->tail()) now.tail = &tail;
      now.add = step->adds_to_input && layer.layer->adds();
      const Slot own_parameters = parameters_of(plan_, layer);
      const View<T> gradient{pass.ws.gradient(own_parameters), own_parameters.shape}, behind{pass.ws[share_].data, own_parameters.shape};
      if (layer.adds_gradient) hand_on(pass.pool, View<const T>(gradient), behind, false);
      arrive(layer.input, step->adds_to_input && !now.add, [&](View<T> dx) {
        layer.layer->backward(now, value_of(pass.ws, layer.input, x), output_of(pass.ws, step->last, n), dy, dx);
      });
      if (layer.adds_gradient) add(pass.pool, gradient, View<const T>(behind));
    }
    if (step->join < 0) continue;
    const Node<T>& join = node(step->join);
    if (join.scaling->plain_sum()) {
      if (step->layer < 0 && !step->shares_branch) hand_on(pass.pool, View<const T>(dy), total_of(join.branch), step->adds_to_branch);
      if (!step->shares_skip) hand_on(pass.pool, View<const T>(dy), total_of(join.input), step->adds_to_skip);
      continue;
    }
    const View<const T> skip = value_of(pass.ws, join.input, x), branch = output_of(pass.ws, join.branch, n);
    arrive(join.branch, step->adds_to_branch, [&](View<T> dbranch) { join.scaling->backward(pass, skip, branch, dy, {}, dbranch); });
    arrive(join.input, step->adds_to_skip, [&](View<T> dskip) { join.scaling->backward(pass, skip, branch, dy, dskip, {}); });
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
