// What every layer is: it plans slots, then computes on any workspace of its plan.
#pragma once

#include <cstdint>
#include <string>

#include "core/fields.h"
#include "core/pool.h"
#include "core/rng.h"
#include "tensor/kernels/tail.h"
#include "tensor/workspace.h"

namespace bnlab {

// How a pass treats statistics and noise. Always said, never guessed from the batch size.
//   train             batch statistics, derivative through them; noise on; running statistics move
//   evaluate          running statistics; noise off; no state moves
//   batch_statistics  batch statistics, noise off, no state moves
//   calibrate         batch statistics, noise off; running statistics <- plain average since begin_calibration()
//   frozen            the statistics that the last pass over this workspace took, as constants; noise off; no state moves
enum class Mode { train, evaluate, batch_statistics, calibrate, frozen };

// Seconds that a node took so far.
struct NodeTime {
  double forward = 0, backward = 0;
};

template <class T>
struct Pass {
  Workspace<T>& ws;
  Pool& pool;
  Mode mode = Mode::train;
  uint64_t seed = 0;  // noise of this pass: stream (seed, "noise/<layer>") at `step`
  int64_t step = 0;
  bool add = false;  // backward: add to dx what else would be written; only to layers that say adds()
  const Tail<T>* tail = nullptr;  // only to layers that say takes_tail()
  double* measures = nullptr;        // forward: takes mean and biased variance of y, per channel; only to layers that say measures()
  const double* measured = nullptr;  // forward: those of x, where they are known; only to layers that say takes_moments()
  // Where a function has kinks (ReLU, max pooling, |x|): the workspace whose last pass says on which side of each kink a
  // value counts, and this layer's input there. Null: the values themselves say it. With the pattern held, the loss is
  // smooth in the parameters, and differences of its gradient are the almost-everywhere Hessian.
  const Workspace<T>* pattern = nullptr;
  View<const T> pattern_input{};
  View<const T> sides(View<const T> x) const { return pattern_input ? pattern_input : x; }
  NodeTime* times = nullptr;  // where given, one for each node of the network, to be added to
};

// Layers that hold statistics measured on a reference batch say when they want them measured.
struct Calibration {
  int64_t reference_size = 0;  // 0: never
  int64_t every = 0;           // 0: before the first step only
};

template <class T>
class Layer : public Component {
 public:
  // Reserves slots for inputs of up to in.n samples; returns the shape of the output.
  virtual Shape plan(Shape in, Planner& planner) = 0;
  virtual void initialize(Workspace<T>&, uint64_t /*seed*/) const {}

  // x and y hold the same number n of samples, at most the planned one.
  virtual void forward(const Pass<T>&, View<const T> x, View<T> y) const = 0;

  // Writes (never adds) the gradients of its parameters and, where dx is given, the gradient of x. A pass in the same
  // mode, on the same workspace, has gone forward over x before.
  virtual void backward(const Pass<T>&, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const = 0;

  // May backward be told to add to dx? Said once planned.
  virtual bool adds() const { return false; }
  // Can a sum and a rectifier behind it be part of its pass? With a tail, y is what comes out of the tail, and backward
  // leaves the gradient in front of the rectifier in tail.gradient. Said once planned.
  virtual bool takes_tail() const { return false; }
  // Can forward measure what it computes, for a layer behind it that then need not read it once more? Said once planned.
  virtual bool measures() const { return false; }
  virtual bool takes_moments() const { return false; }
  virtual bool rectifies() const { return false; }  // is y = max(x, 0), nothing else?

  // false: backward is deliberately not the derivative of forward; the layer's file says what is taken as constant.
  virtual bool exact_derivative() const { return true; }

  virtual Calibration calibration() const { return {}; }
  virtual void begin_calibration(Workspace<T>&) const {}

  // Why this layer cannot train on inputs of this shape, or "".
  virtual std::string refuses(Shape) const { return ""; }
  // A constant added to each channel of the input makes no difference: a bias before this layer is redundant.
  virtual bool cancels_bias() const { return false; }
  virtual void drop_bias() {}
  // Before plan: the weights start `gain` times as large; gamma starts from a value (false: there is none).
  virtual void scale_initial_weights(double /*gain*/) {}
  virtual bool start_gamma(double) { return false; }
  virtual double multiply_adds_per_sample() const { return 0; }
  virtual std::string engine() const { return ""; }  // what computes it, where there is a choice
};

}  // namespace bnlab
