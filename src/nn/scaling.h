// How a residual block joins its skip and its branch, and what that asks of the layers around: a scaling may put layers
// of its own into the network, multiply initial weights and start norms at 0. What is not overridden does nothing.
#pragma once

#include <memory>

#include "nn/layer.h"

namespace bnlab {

// What stands behind a place where a scaling may put a layer.
enum class Spot {
  branch,      // the first layer of a branch (where skip and branch share layers: the first of those)
  transition,  // the shortcut of a block that changes the shape, unless the branch's first place already stands before it
  weight,      // a weight layer, but never the network's first: its input is data
  activation,
};

// Where in a residual network.
struct Place {
  Spot spot;
  int block = 0, blocks = 0;  // from 1; block 0: outside the blocks
  int layer = 0, layers = 0;  // a weight layer of the block's branch, from 1; layer 0: not in a branch (a projection)
  int summed = 0;             // branches that the skip has added up since the stem or the last transition
  bool classifier = false;
};

template <class T>
class Scaling : public Component {
 public:
  // block: 1 .. blocks; shape: of the skip, the branch and their join
  virtual bool plain_sum() const { return false; }  // is y = skip + branch, nothing else?
  virtual void plan(Shape shape, int block, int blocks, Planner& planner) = 0;
  virtual void initialize(Workspace<T>&, uint64_t /*seed*/) const {}
  virtual void forward(const Pass<T>&, View<const T> skip, View<const T> branch, View<T> y) const = 0;
  // Writes what is asked for: either of dskip, dbranch may be absent. The gradients of learned parameters are written by
  // the call that asks for dbranch; a branch ends in a layer, so there is exactly one.
  virtual void backward(const Pass<T>&, View<const T> skip, View<const T> branch, View<const T> dy, View<T> dskip,
                        View<T> dbranch) const = 0;
  // y = skip factor * skip + branch factor * branch, as the last forward pass over this workspace had it.
  struct Factors {
    double skip = 1, branch = 1;
  };
  virtual Factors factors_of(const Workspace<T>&) const { return {}; }
  virtual void begin_calibration(Workspace<T>&) const {}
  // Why it cannot train on joins of this shape, or "".
  virtual std::string refuses(Shape) const { return ""; }

  // The layer that is put before the place, or null.
  virtual std::unique_ptr<Layer<T>> before(const Place&) const { return nullptr; }
  // Of a weight layer (spot weight): factor of its initial weights; is its own bias redundant under "bias": "auto"?
  virtual double initial_gain(const Place&) const { return 1; }
  virtual bool replaces_bias(const Place&) const { return false; }
  // Does gamma of the norm that ends each branch start from 0?
  virtual bool zeroes_last_gamma() const { return false; }
};

}  // namespace bnlab
