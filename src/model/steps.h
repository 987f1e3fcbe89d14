// The order in which a network computes: nodes one by one, or a layer together with the join and the rectifier behind it
// as one step, whose intermediate outputs are then never in memory.
#pragma once

#include "model/node.h"

namespace bnlab {

// Which outputs of nodes a network keeps.
enum class Keep { all, needed };

struct Step {
  int layer = -1;    // the node whose layer computes; -1: a join alone
  int join = -1;     // the node that adds a skip, or -1
  int last = -1;     // whose output and gradient are the step's
  bool rectifies = false;
  bool measures = false;  // leaves the moments of what it computes to the layer of the next step, which reads that
  bool tail() const { return layer >= 0 && (join >= 0 || rectifies); }

  // Backward.
  bool adds_to_input = false, adds_to_skip = false, adds_to_branch = false;  // another reader has written it before
  bool shares_skip = false, shares_branch = false;  // the gradient is the step's own, in the same memory
};

// Nodes that are planned, in steps. Under Keep::needed a layer that takes_tail() takes what follows it, where nobody else
// reads what is between.
template <class T>
std::vector<Step> steps_of(const std::vector<Node<T>>& nodes, Keep keep);

// Gradients of activations: sets `gradient` of the last nodes of all steps, and the steps' flags, in scratch behind
// `base` elements. They live from the first consumer's backward (the last step that reads them) to their own; freed
// memory is taken again, first fit. A plain sum hands its gradient on without a copy where nothing can disturb it.
struct GradientPlan {
  Index elements = 0;
  Slot extra;  // a second gradient that is to be added to the first, for layers that cannot add themselves
};
template <class T>
GradientPlan plan_gradients(std::vector<Node<T>>& nodes, std::vector<Step>& steps, Index base);

}  // namespace bnlab
