// What most scalings share: y = a skip + b s branch, a and b fixed per block, s one scalar, 1 or learned.
//   dskip = a dy,   dbranch = b s dy,   ds = b sum dy branch
#pragma once

#include <cmath>

#include "nn/catalogs.h"
#include "nn/table.h"
#include "tensor/kernels/elementwise.h"

namespace bnlab {

template <class T>
class WeightedSum : public Scaling<T> {
 public:
  void plan(Shape, int block, int blocks, Planner& planner) override {
    factors_ = factors(block, blocks);
    if (factors_.learned) learned_ = planner.parameters(factors_.learned, {1, 1, 1, 1}, Role::gain);
  }
  void initialize(Workspace<T>& ws, uint64_t) const override {
    if (learned_) ws[learned_][0] = static_cast<T>(factors_.initial);
  }
  void forward(const Pass<T>& pass, View<const T> skip, View<const T> branch, View<T> y) const override {
    const T a = static_cast<T>(factors_.skip), b = of_branch(pass.ws);
    for_ranges(pass.pool, y.size(), [&, a, b](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) y[i] = a * skip[i] + b * branch[i];
    });
  }
  void backward(const Pass<T>& pass, View<const T>, View<const T> branch, View<const T> dy, View<T> dskip, View<T> dbranch) const override {
    if (dskip) multiply(pass, static_cast<T>(factors_.skip), dy, dskip);
    if (!dbranch) return;
    multiply(pass, of_branch(pass.ws), dy, dbranch);
    if (learned_) pass.ws.gradient(learned_)[0] = static_cast<T>(factors_.branch * dot<T>(pass.pool, dy.data, branch.data, dy.size()));
  }
  typename Scaling<T>::Factors factors_of(const Workspace<T>& ws) const override {
    return {factors_.skip, learned_ ? factors_.branch * static_cast<double>(ws[learned_][0]) : factors_.branch};
  }

 protected:
  struct Factors {
    double skip = 1, branch = 1;
    const char* learned = nullptr;  // the name of s, a parameter of role gain; null: s = 1
    double initial = 1;             // s at the start
  };
  virtual Factors factors(int block, int blocks) const = 0;

 private:
  T of_branch(const Workspace<T>& ws) const {
    const auto fixed = static_cast<T>(factors_.branch);
    return learned_ ? fixed * ws[learned_][0] : fixed;
  }
  static void multiply(const Pass<T>& pass, T factor, View<const T> from, View<T> to) {
    for_ranges(pass.pool, from.size(), [&, factor](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) to[i] = factor * from[i];
    });
  }
  Factors factors_;
  Slot learned_;
};

}  // namespace bnlab
