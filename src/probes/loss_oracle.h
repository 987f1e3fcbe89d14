// The loss as a function of the parameters, on memory of its own: what landscape and curvature probes push around.
//
// bn_mode    statistics of the normalizers                      noise
//   batch    of the batch, the derivative goes through them     that of the training step
//   frozen   of the batch at the point, held as constants       off
//   running  running ones: what evaluation-mode tools see       off
//
// source     the batch
//   training the one that the run is about to take a step on, as it was augmented
//   probe    `samples` training samples, drawn once per seed
//   full     `samples` training samples, in batches of the training size (statistics of each): the objective of SGD
#pragma once

#include <cmath>
#include <optional>

#include "probes/probe.h"

namespace bnlab {

// Options that landscape and curvature probes share.
struct LossChoice {
  std::vector<std::string> bn_modes{"batch"};
  std::string source = "training";
  int64_t samples = 256;
  void describe(Fields& f);
};

// A direction or a point in parameter space: mirrors Region::parameters, gaps are 0.
template <class T>
using Vector = std::vector<T>;

double dot(const Vector<double>& a, const Vector<double>& b);
double dot(const Vector<float>& a, const Vector<float>& b);
template <class T>
double norm(const Vector<T>& a) {
  return std::sqrt(dot(a, a));
}

template <class T>
class LossOracle {
 public:
  // keep: all, where nodes are looked at or the pattern of kinks is held. purpose: names the draw of the probe batch.
  template <class S>
  LossOracle(const Surroundings<S>& around, const LossChoice& choice, Keep keep, const std::string& purpose);

  // The point: parameters and state of a run before update `step` + 1.
  template <class S>
  void move_to(const Workspace<S>& from, int64_t step);
  // Parameters of a run as a vector like point().
  template <class S>
  void parameters_of(const Workspace<S>& from, Vector<T>& to) const;
  // Source "training": the batch; copied.
  template <class S>
  void take(const Batch<S>& batch);
  void use(const std::string& bn_mode);

  const Vector<T>& point() const { return point_; }
  const Vector<T>& state() const { return state_; }
  const Plan& plan() const { return replica_.network().plan(); }
  const Network<T>& network() const { return replica_.network(); }

  // At any parameters; the state, the batch and the noise are those of the point.
  double loss(const Vector<T>& at);
  double gradient(const Vector<T>& at, Vector<T>& g);
  // For each of these nodes, ascending: the gradient of its own parameters when all nodes before it stand at `moved`, it
  // and what follows at the point; other entries are 0. What lies before a node is computed once for all that come after
  // it, so k equal layers cost about k / 2 passes. Needs Keep::all.
  void gradients_behind(const Vector<T>& moved, const std::vector<int>& nodes, Vector<T>& g);

  // H v, H the Hessian of the loss at the point: (g(point + d v) - g(point - d v)) / (2 d), where every kink (ReLU, max
  // pooling, |x|) keeps the side on which it is at the point. step: what d v is to a tensor, at most. Relative errors of
  // 1e-10 to 4e-8 were seen in double, the larger ones in 25 layers with norms towards the top eigenvector. In float few
  // digits are right.
  static constexpr double hessian_step = std::is_same_v<T, double> ? 5e-7 : 3e-3;
  void hessian_times(const Vector<T>& v, Vector<T>& hv, double step = hessian_step);
  // Why there is no Hessian in this mode, or "".
  std::string no_hessian() const;

  // Passes over a part of the network count by its share of the multiplications.
  ProbeCost cost() const { return {forwards_ + std::llround(part_forwards_), backwards_ + std::llround(part_backwards_)}; }

  // For who looks at nodes (Keep::all; not in frozen mode): the batch (of the source full its first), a forward pass at
  // the point over a workspace of this plan, and the loss of what stands in its output, dloss/doutput going to top().
  Batch<T> batch() { return chunk(0); }
  Pass<T> stand(Workspace<T>& ws);
  double turn(Workspace<T>& ws);

 private:
  int chunks() const { return source_ == "full" ? full_chunks_ : 1; }
  Batch<T> chunk(int k);
  Mode mode() const { return bn_mode_ == "batch" ? Mode::train : bn_mode_ == "frozen" ? Mode::frozen : Mode::evaluate; }
  double share_from(int node) const;
  Pass<T> pass(Mode mode, Workspace<T>& ws) { return {ws, pool_, mode, seed_, step_}; }
  void put(const Vector<T>& at, Workspace<T>& ws);
  void prepare(int k, const Batch<T>& batch, bool held);
  double evaluate(const Vector<T>& at, Vector<T>* g, bool held);

  std::string source_;
  uint64_t seed_;
  Pool& pool_;
  std::unique_ptr<Loss<T>> loss_;
  Replica<T> replica_;
  std::unique_ptr<Workspace<T>> pattern_;
  Batches<T> batches_;
  Batch<T> batch_;
  std::vector<T> x_, targets_;
  std::vector<int32_t> labels_;
  int full_chunks_ = 1;
  std::string bn_mode_ = "batch";
  Vector<T> point_, state_, up_, down_, gradient_up_, gradient_down_;
  int64_t step_ = 0;
  int prepared_ = -1;  // the chunk whose statistics and pattern at the point are in memory
  bool prepared_pattern_ = false;
  int64_t forwards_ = 0, backwards_ = 0;
  double part_forwards_ = 0, part_backwards_ = 0;
};

}  // namespace bnlab
