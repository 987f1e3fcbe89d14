#include "probes/loss_oracle.h"

#include <algorithm>
#include <cmath>

namespace bnlab {
namespace {

template <class T>
double plain_dot(const Vector<T>& a, const Vector<T>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

// A probe has its own choice of engine: double knows one only.
template <class T>
ModelConfig for_scalar(ModelConfig model) {
  if (std::is_same_v<T, double>) model.materials.convolution = "auto";
  return model;
}

template <class T, class S>
void convert(View<const S> from, std::vector<T>& memory, View<const T>& to) {
  if (!from) return;
  memory.assign(from.data, from.data + from.size());
  to = {memory.data(), from.shape};
}

// A region of a run's memory in the layout of `mine`; gaps are 0.
template <class S, class T>
void gather(const Plan& mine, std::vector<NamedSlot> Plan::*list, Region region, const Workspace<S>& from, Vector<T>& to) {
  to.assign(static_cast<size_t>(mine.size(region)), T(0));
  for (size_t i = 0; i < (mine.*list).size(); ++i) {
    const Slot& theirs = (from.plan().*list)[i].slot;
    const S* values = from[theirs].data;
    std::transform(values, values + theirs.shape.size(), to.begin() + (mine.*list)[i].slot.offset, [](S v) { return static_cast<T>(v); });
  }
}

}  // namespace

double dot(const Vector<double>& a, const Vector<double>& b) { return plain_dot(a, b); }
double dot(const Vector<float>& a, const Vector<float>& b) { return plain_dot(a, b); }

void LossChoice::describe(Fields& f) {
  f.options("bn_modes", bn_modes, {"batch", "frozen", "running"}, "statistics of the batch, differentiated through; of the batch at the point, held; running ones");
  f.option("source", source, {"training", "probe", "full"}, "the batch of the step; a fixed one of `samples`; `samples` in batches of the training size");
  f.integer("samples", samples, between(2, 1 << 24), "training samples of the sources probe and full");
}

template <class T>
template <class S>
LossOracle<T>::LossOracle(const Surroundings<S>& around, const LossChoice& choice, Keep keep, const std::string& purpose)
    : source_(choice.source),
      seed_(around.seed),
      pool_(around.pool),
      loss_(make_as<Loss<T>>(losses<T>(), around.train.loss)),
      replica_(for_scalar<T>(around.model), around.data, source_ == "probe" ? std::min<Index>(choice.samples, around.data.train.size) : around.train.batch_size, true, around.seed, around.pool, keep),
      batches_(around.data, around.data.train, source_ == "probe" ? 1 : around.train.batch_size, around.seed) {
  if (source_ == "probe") batch_ = batches_.sample(Stream(seed_, "probe/" + purpose), replica_.batch());
  full_chunks_ = static_cast<int>(std::clamp<int64_t>(choice.samples / around.train.batch_size, 1, batches_.per_epoch()));
}

template <class T>
template <class S>
void LossOracle<T>::parameters_of(const Workspace<S>& from, Vector<T>& to) const {
  gather(plan(), &Plan::parameters, Region::parameters, from, to);
}

template <class T>
template <class S>
void LossOracle<T>::move_to(const Workspace<S>& from, int64_t step) {
  parameters_of(from, point_);
  gather(plan(), &Plan::state, Region::state, from, state_);
  step_ = step, prepared_ = -1;
}

template <class T>
template <class S>
void LossOracle<T>::take(const Batch<S>& batch) {
  convert(batch.x, x_, batch_.x);
  convert(batch.targets, targets_, batch_.targets);
  if (batch.labels) labels_.assign(batch.labels, batch.labels + batch.n());
  batch_.labels = batch.labels ? labels_.data() : nullptr;
  prepared_ = -1;
}

template <class T>
void LossOracle<T>::use(const std::string& bn_mode) {
  bn_mode_ = bn_mode, prepared_ = -1;
}

template <class T>
Batch<T> LossOracle<T>::chunk(int k) {
  return source_ == "full" ? batches_.at(k) : batch_;
}

template <class T>
void LossOracle<T>::put(const Vector<T>& at, Workspace<T>& ws) {
  std::copy(at.begin(), at.end(), ws.parameters().data);
  std::copy(state_.begin(), state_.end(), ws.state().data);
}

// What later passes need from one at the point: frozen statistics, the pattern of kinks.
template <class T>
void LossOracle<T>::prepare(int k, const Batch<T>& batch, bool held) {
  if (prepared_ == k && (prepared_pattern_ || !held)) return;
  const Mode mode = bn_mode_ == "batch" ? Mode::train : bn_mode_ == "frozen" ? Mode::batch_statistics : Mode::evaluate;
  if (bn_mode_ == "frozen") {
    put(point_, replica_.ws());
    network().forward(pass(mode, replica_.ws()), batch.x);
    ++forwards_;
  }
  if (held) {
    if (!pattern_) pattern_ = std::make_unique<Workspace<T>>(plan(), false);
    put(point_, *pattern_);
    network().forward(pass(mode, *pattern_), batch.x);
    ++forwards_;
  }
  prepared_ = k, prepared_pattern_ = held;
}

template <class T>
double LossOracle<T>::evaluate(const Vector<T>& at, Vector<T>* g, bool held) {
  Workspace<T>& ws = replica_.ws();
  const double share = loss_->sums() ? 1 : 1.0 / chunks();
  if (g) g->assign(point_.size(), T(0));
  double loss = 0;
  for (int k = 0; k < chunks(); ++k) {
    const Batch<T> batch = chunk(k);
    prepare(k, batch, held);
    put(at, ws);
    Pass<T> now = pass(mode(), ws);
    if (held) now.pattern = pattern_.get();
    const View<T> out = network().forward(now, batch.x);
    ++forwards_;
    loss += share * (*loss_)(out, batch, g ? network().top(ws, batch.n()) : View<T>{});
    if (!g) continue;
    network().backward(now, batch.x);
    ++backwards_;
    const T* part = ws.gradients().data;
    for (size_t i = 0; i < g->size(); ++i) (*g)[i] += static_cast<T>(share) * part[i];
  }
  return loss;
}

template <class T>
Pass<T> LossOracle<T>::stand(Workspace<T>& ws) {
  assert(bn_mode_ != "frozen");
  put(point_, ws);
  const Pass<T> now = pass(mode(), ws);
  network().forward(now, batch().x);
  ++forwards_;
  return now;
}

template <class T>
double LossOracle<T>::turn(Workspace<T>& ws) {
  const Batch<T> now = batch();
  const View<T> out = network().output_of(ws, static_cast<int>(network().nodes().size()) - 1, now.n());
  return (*loss_)(out, now, network().top(ws, now.n()));
}

template <class T>
double LossOracle<T>::loss(const Vector<T>& at) {
  return evaluate(at, nullptr, false);
}

template <class T>
double LossOracle<T>::gradient(const Vector<T>& at, Vector<T>& g) {
  return evaluate(at, &g, false);
}

// Of all multiplications, those of the nodes from here on.
template <class T>
double LossOracle<T>::share_from(int node) const {
  double rest = 0, all = 0;
  for (size_t i = 0; i < network().nodes().size(); ++i) {
    const auto& layer = network().nodes()[i].layer;
    const double work = layer ? layer->multiply_adds_per_sample() : 0;
    all += work;
    if (static_cast<int>(i) >= node) rest += work;
  }
  return all > 0 ? rest / all : 1;
}

// Node by node what lies before moves on, and only the rest runs again: a skip that starts before it stays in memory.
template <class T>
void LossOracle<T>::gradients_behind(const Vector<T>& moved, const std::vector<int>& nodes, Vector<T>& g) {
  Workspace<T>& ws = replica_.ws();
  const double share = loss_->sums() ? 1 : 1.0 / chunks();
  auto begin_of = [&](size_t entry) { return entry < plan().parameters.size() ? plan().parameters[entry].slot.offset : plan().size(Region::parameters); };
  g.assign(point_.size(), T(0));
  for (int k = 0; k < chunks(); ++k) {
    const Batch<T> batch = chunk(k);
    prepare(k, batch, false);
    put(point_, ws);
    int first = 0;
    Index from = 0;
    for (const int node : nodes) {
      const auto& own = network().nodes()[static_cast<size_t>(node)];
      const Index begin = begin_of(own.parameters_begin), end = begin_of(own.parameters_end);
      std::copy(moved.begin() + from, moved.begin() + begin, ws.parameters().data + from);
      std::copy(state_.begin(), state_.end(), ws.state().data);  // a pass in batch mode moved it
      const View<T> out = network().forward(pass(mode(), ws), batch.x, first);
      (*loss_)(out, batch, network().top(ws, batch.n()));
      network().backward(pass(mode(), ws), batch.x, node);
      part_forwards_ += share_from(first), part_backwards_ += share_from(node);
      for (Index i = begin; i < end; ++i) g[static_cast<size_t>(i)] += static_cast<T>(share) * ws.gradients()[i];
      first = node, from = begin;
    }
  }
}

// Rounding grows as 1/d, the third derivative's share as d^2, and it is large where curvature is: towards the top
// eigenvector of deep networks a step of 1e-5 is off by 1e-5. No tensor of parameters is moved by more than `step` of its
// own norm; one of smaller entries than 0.1 (weights: 0.01) counts as if it had those, so that one near 0 can move.
template <class T>
void LossOracle<T>::hessian_times(const Vector<T>& v, Vector<T>& hv, double step) {
  double d = std::numeric_limits<double>::infinity();
  for (const auto& entry : plan().parameters) {
    double along = 0, own = 0;
    const auto begin = static_cast<size_t>(entry.slot.offset), end = begin + static_cast<size_t>(entry.slot.shape.size());
    for (size_t i = begin; i < end; ++i) along += static_cast<double>(v[i] * v[i]), own += static_cast<double>(point_[i] * point_[i]);
    own = std::max(own, (entry.role == Role::weight ? 1e-4 : 1e-2) * static_cast<double>(entry.slot.shape.size()));
    if (along > 0) d = std::min(d, step * std::sqrt(own / along));
  }
  hv.assign(point_.size(), T(0));
  if (!std::isfinite(d)) return;
  up_ = point_, down_ = point_;
  for (size_t i = 0; i < v.size(); ++i) up_[i] += static_cast<T>(d) * v[i], down_[i] -= static_cast<T>(d) * v[i];
  evaluate(up_, &gradient_up_, true);
  evaluate(down_, &gradient_down_, true);
  for (size_t i = 0; i < hv.size(); ++i) hv[i] = static_cast<T>((gradient_up_[i] - gradient_down_[i]) / static_cast<T>(2 * d));
}

template <class T>
std::string LossOracle<T>::no_hessian() const {
  if (bn_mode_ != "batch") return "";
  for (const auto& node : network().nodes()) {
    if (node.layer && !node.layer->exact_derivative()) return node.what + " at " + node.name + " does not go back through its statistics: the step is no gradient and has no Hessian";
  }
  return "";
}

template class LossOracle<float>;
template class LossOracle<double>;
#define BNLAB_ORACLE(T, S)                                                                                   \
  template LossOracle<T>::LossOracle(const Surroundings<S>&, const LossChoice&, Keep, const std::string&); \
  template void LossOracle<T>::parameters_of(const Workspace<S>&, Vector<T>&) const;                        \
  template void LossOracle<T>::move_to(const Workspace<S>&, int64_t);                                       \
  template void LossOracle<T>::take(const Batch<S>&);
BNLAB_ORACLE(float, float)
BNLAB_ORACLE(double, float)
BNLAB_ORACLE(double, double)

}  // namespace bnlab
