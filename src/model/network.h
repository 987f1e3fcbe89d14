// A network: layers and joins in the order they compute, planned for up to n samples. It is const; all that changes
// lives in a Workspace, so a probe runs the same network on a workspace of its own.
#pragma once

#include "model/placement.h"
#include "model/steps.h"

namespace bnlab {

template <class T>
class Network {
 public:
  // Plans for inputs of up to `input.n` samples. Keep::needed gives the same numbers in less memory and time, but not
  // every node has an output that could be looked at.
  Network(Shape input, std::vector<Node<T>> nodes, std::vector<SiteOffer> offers, std::vector<bool> covered, Keep keep);

  // Returns the output, a view into the workspace (valid until the next pass over it). With Keep::all: from node `first`
  // on (what comes before it is as the last pass left it), or of nodes first .. end - 1 only.
  View<T> forward(const Pass<T>& pass, View<const T> x, int first = 0, int end = 1 << 30) const;
  // dloss/doutput in `top()` -> gradients of all parameters (of those of nodes from `first` on). A forward pass over the
  // same x came before. With Keep::all nodes first .. end - 1 only, after those from `end` on: between two such calls the
  // gradient of node `end` - 1 is whole, and not yet written over.
  void backward(const Pass<T>& pass, View<const T> x, int first = 0, int end = 1 << 30) const;
  View<T> gradient_of(const Workspace<T>& ws, int node, Index n) const {
    return ws.first(nodes_[static_cast<size_t>(node)].gradient, n);
  }
  View<T> top(const Workspace<T>& ws, Index n) const { return gradient_of(ws, static_cast<int>(nodes_.size()) - 1, n); }

  void initialize(Workspace<T>& ws, uint64_t seed) const;
  void begin_calibration(Workspace<T>& ws) const;
  std::vector<Calibration> calibrations() const;

  // A norm that cannot train on a batch of n samples is a ConfigError that says why.
  void check_batch(Index n) const;

  View<T> input_of(const Workspace<T>& ws, int node, View<const T> x) const;
  View<T> output_of(const Workspace<T>& ws, int node, Index n) const {
    return ws.first(nodes_[static_cast<size_t>(node)].output, n);
  }

  const Plan& plan() const { return plan_; }
  const std::vector<Node<T>>& nodes() const { return nodes_; }
  const std::vector<SiteOffer>& offers() const { return offers_; }
  const std::vector<bool>& covered() const { return covered_; }
  Shape input() const { return input_; }
  Shape output() const { return nodes_.back().shape; }
  double multiply_adds_per_sample() const;
  Index parameters() const;  // learned numbers, without the gaps between them

 private:
  void plan_ties(Planner& planner);
  // What the layer of a node may know of the pass.
  Pass<T> own(const Pass<T>& pass, int node, View<const T> x) const;
  const Node<T>& node(int i) const { return nodes_[static_cast<size_t>(i)]; }
  View<T> value_of(const Workspace<T>& ws, int node, View<const T> x) const;  // of the input, where node is -1
  Shape input_;
  std::vector<Node<T>> nodes_;
  std::vector<Step> steps_;
  std::vector<SiteOffer> offers_;
  std::vector<bool> covered_;
  Plan plan_;
  Slot extra_;    // see GradientPlan
  Slot share_;    // of the gradient of tied parameters, what the nodes behind have given
  Slot moments_;  // doubles: from a step that measures to the next
};

}  // namespace bnlab
