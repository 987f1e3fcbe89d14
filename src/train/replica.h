// A second workspace for the same layers, of any batch size: what evaluation and probes push around. It copies the
// parameters and the state of the training workspace and can reach nothing else of it.
#pragma once

#include "data/batches.h"
#include "model/model.h"

namespace bnlab {

template <class T>
class Replica {
 public:
  Replica(const ModelConfig& model, const Dataset& data, Index batch, bool with_gradients, uint64_t seed, Pool& pool, Keep keep)
      : network_(build_network<T>(model, data.sample.with_n(batch), data.outputs, keep)), ws_(network_.plan(), with_gradients), seed_(seed), pool_(pool) {}

  void copy(const Workspace<T>& from) { ws_.copy_from(from); }
  Pass<T> pass(Mode mode, int64_t step = 0) { return {ws_, pool_, mode, seed_, step}; }
  View<T> forward(Mode mode, View<const T> x, int64_t step = 0) {
    ++forwards_;
    return network_.forward(pass(mode, step), x);
  }
  void backward(Mode mode, View<const T> x, int64_t step = 0) {
    ++backwards_;
    network_.backward(pass(mode, step), x);
  }

  const Network<T>& network() const { return network_; }
  Workspace<T>& ws() { return ws_; }
  Index batch() const { return network_.input().n; }
  int64_t forwards() const { return forwards_; }
  int64_t backwards() const { return backwards_; }

 private:
  Network<T> network_;
  Workspace<T> ws_;
  uint64_t seed_;
  Pool& pool_;
  int64_t forwards_ = 0, backwards_ = 0;
};

}  // namespace bnlab
