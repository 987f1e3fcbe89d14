#include "probes/signal_theory.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace bnlab {
namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double no_mean = 0.02;  // share of mean2 in the second moment below which channels count as centred

Expected unknown(const std::string& why) {
  Expected out;
  out.why = why;
  return out;
}

Expected times(Expected x, double factor) {
  x.second *= factor, x.variance *= factor, x.mean2 *= factor;
  return x;
}

bool centred(const Expected& x) { return x.split && x.symmetric && x.mean2 <= no_mean * x.second; }

Expected rectified(const Expected& x) {
  if (!x.symmetric) return unknown("no theory: ReLU of what is not symmetric about 0");
  Expected out{.second = x.second / 2};
  if (!centred(x)) return out;
  out.variance = x.second / 2 * (1 - 1 / pi), out.mean2 = x.second / 2 / pi;
  out.split = out.one_mean = true;
  return out;
}

Expected sum(const Expected& skip, double a2, const Expected& branch, double b2) {
  if (b2 == 0) return times(skip, a2);  // whatever the branch is
  for (const Expected* part : {&skip, &branch}) {
    if (!part->why.empty()) return *part;
  }
  if (!branch.symmetric) return unknown("no theory: the branch does not end in random signs");
  return {.second = a2 * skip.second + b2 * branch.second, .variance = a2 * skip.variance + b2 * branch.variance, .mean2 = a2 * skip.mean2 + b2 * branch.mean2,
          .split = skip.split && branch.split, .symmetric = skip.symmetric};
}

template <class T>
class Theory {
 public:
  Theory(const Network<T>& network, const Materials& materials, const Workspace<T>& ws, View<const T> x, Pool& pool)
      : network_(network), materials_(materials), ws_(ws), x_(x), pool_(pool) {}

  std::vector<Expected> walk() {
    bool started = false;
    for (size_t i = 0; i < network_.nodes().size(); ++i) {
      const Node<T>& node = network_.nodes()[i];
      nodes_.push_back(started ? next(node, static_cast<int>(i)) : measured(static_cast<int>(i)));
      started = started || node.kind == NodeKind::weight;
    }
    return nodes_;
  }

 private:
  Moments moments(int node) const { return moments_of<T>(pool_, network_.output_of(ws_, node, x_.shape.n)); }
  Expected measured(int node) const {
    const Moments m = moments(node);
    return {.second = m.second(), .variance = m.variance, .mean2 = m.mean2, .split = true, .symmetric = true};
  }

  Expected next(const Node<T>& node, int i) const {
    const Expected from = node.input < 0 ? unknown("no theory: beside the first weight layer") : nodes_[static_cast<size_t>(node.input)];
    if (node.kind == NodeKind::weight && !node.tie.empty()) return unknown("no theory: the weights are those of other time steps too");
    if (node.kind == NodeKind::join) {
      const auto factors = node.scaling->factors_of(ws_);
      return sum(from, factors.skip * factors.skip, nodes_[static_cast<size_t>(node.branch)], factors.branch * factors.branch);
    }
    if (node.kind == NodeKind::norm && node.what == "batch_norm") {
      const double gamma2 = mean_square(node, Role::gain);
      return {.second = gamma2, .variance = gamma2, .split = true, .symmetric = true};
    }
    if (!from.why.empty()) return from;
    if (node.kind == NodeKind::weight) return weighted(node, from);
    if (node.kind == NodeKind::activation && node.layer->rectifies()) return rectified(from);
    if (node.kind == NodeKind::shortcut) return times(from, static_cast<double>(node.in.c) / static_cast<double>(node.shape.c));
    if (node.kind == NodeKind::scaling) return multiplied(node, i, from);
    return unknown("no theory for " + node.what);
  }

  Expected weighted(const Node<T>& node, const Expected& from) const {
    const std::string map = &node == &network_.nodes().back() ? "plain" : materials_.weights.name;  // the classifier's is
    Expected out;
    if (map == "plain") {
      out = times(from, mean_square(node, Role::weight) * static_cast<double>(fan_in(node)));
    } else if (map == "scaled_weight_standardization") {
      if (!from.split || !(from.one_mean || centred(from))) return unknown("no theory: standardized weights on channels of different means");
      const double gamma = nlohmann::json::parse(materials_.weights.options).value("gamma", 1.0);
      out.second = out.variance = gamma * gamma * mean_square(node, Role::gain) * from.variance;
      out.split = true;
    } else {
      return unknown("no theory for " + map);
    }
    out.symmetric = true, out.one_mean = false;
    return out;
  }

  // A scaling's own layer is followed where, now, it multiplies: a bias of 0 does, a centring of the data does not.
  Expected multiplied(const Node<T>& node, int i, const Expected& from) const {
    const Moments in = moments(node.input), out = moments(i);
    const double factor = out.second() / in.second();
    if (!(std::abs(out.variance - factor * in.variance) <= 1e-5 * out.second())) return unknown("no theory for " + node.name);
    return times(from, factor);
  }

  // Of the node's parameters of a role; 1 where it has none.
  double mean_square(const Node<T>& node, Role role) const {
    double total = 0;
    Index count = 0;
    for (size_t p = node.parameters_begin; p < node.parameters_end; ++p) {
      const NamedSlot& entry = network_.plan().parameters[p];
      if (entry.role != role) continue;
      const View<T> values = ws_[entry.slot];
      for (Index k = 0; k < values.size(); ++k) total += static_cast<double>(values[k]) * static_cast<double>(values[k]);
      count += values.size();
    }
    return count ? total / static_cast<double>(count) : 1;
  }
  Index fan_in(const Node<T>& node) const {
    for (size_t p = node.parameters_begin; p < node.parameters_end; ++p) {
      const NamedSlot& entry = network_.plan().parameters[p];
      if (entry.role == Role::weight) return entry.slot.shape.sample();
    }
    return 0;
  }

  const Network<T>& network_;
  const Materials& materials_;
  const Workspace<T>& ws_;
  View<const T> x_;
  Pool& pool_;
  std::vector<Expected> nodes_;
};

}  // namespace

template <class T>
std::vector<Expected> expected_at_start(const Network<T>& network, const Materials& materials, const Workspace<T>& ws, View<const T> x, Pool& pool) {
  return Theory<T>(network, materials, ws, x, pool).walk();
}

template std::vector<Expected> expected_at_start(const Network<float>&, const Materials&, const Workspace<float>&, View<const float>, Pool&);
template std::vector<Expected> expected_at_start(const Network<double>&, const Materials&, const Workspace<double>&, View<const double>, Pool&);

}  // namespace bnlab
