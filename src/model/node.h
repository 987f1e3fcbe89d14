// What a network consists of.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nn/catalogs.h"

namespace bnlab {

// What a node is to somebody who looks at the network.
enum class NodeKind { weight, activation, norm, dropout, pool, shortcut, join, scaling, row };
const char* text(NodeKind kind);

template <class T>
struct Node {
  std::string name;                  // "hidden3/linear", "hidden3/before_activation", "hidden3/sigmoid"
  NodeKind kind;
  std::string what;                  // the registered name: "batch_norm", "sigmoid", "linear"
  std::unique_ptr<Layer<T>> layer;   // null for a join
  std::unique_ptr<Scaling<T>> scaling;
  int input = -1, branch = -1;       // nodes; -1 is the network's input; branch only for a join
  int block = 0;                     // of a join, from 1; in a recurrent network the time step
  std::string tie;                   // nodes of one tie have the same parameters, which go by its name; "": its own
  bool ties_state = false;           // and the same state
  const std::string& parameters_name() const { return tie.empty() ? name : tie; }
  Shape in, shape;
  size_t parameters_begin = 0, parameters_end = 0;  // its entries of the plan's parameters
  bool again = false;                // an earlier node of its tie has planned them
  bool adds_gradient = false;        // a later one of its tie comes first on the way back: this one's share is added
  Slot output, gradient;             // none where a step computes beyond it
};

}  // namespace bnlab
