// What can be settled only when all nodes of a network are there.
#pragma once

#include "model/network.h"

namespace bnlab {

// Leaves out the nodes that hold nothing: whoever reads them reads what they would have read.
template <class T>
std::vector<Node<T>> without_placeholders(std::vector<Node<T>> nodes);

// Where the scaling asks for it, gamma of the norm that ends each branch starts from 0. A branch that ends in no norm, or
// in one that learns no gamma, is a ConfigError.
template <class T>
void zero_last_gammas(std::vector<Node<T>>& nodes);

// Drops the biases that the layer behind them cancels.
template <class T>
void drop_cancelled_biases(std::vector<Node<T>>& nodes);

}  // namespace bnlab
