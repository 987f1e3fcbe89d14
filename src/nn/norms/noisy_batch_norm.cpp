// noisy_batch_norm (Santurkar et al. 2018, alg. 1): batch_norm, then time-varying noise, after gamma and beta, in train mode
// only (the paper states neither).
#include "nn/norms/column_norm.h"
#include "nn/norms/time_varying_noise.h"

namespace bnlab {
namespace {

template <class T>
class Noisy : public ColumnNorm<T> {
 public:
  void describe(Fields& f) override {
    ColumnNorm<T>::describe(f);
    noise_.describe(f);
  }
  Shape plan(Shape in, Planner& planner) override {
    noise_.plan(in, planner);
    clean_dy_ = planner.scratch(in);
    return ColumnNorm<T>::plan(in, planner);
  }
  bool takes_tail() const override { return false; }
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override {
    ColumnNorm<T>::forward(pass, x, y);
    if (pass.mode == Mode::train) noise_.add(pass, y);
  }
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override {
    if (pass.mode != Mode::train) return ColumnNorm<T>::backward(pass, x, y, dy, dx);
    const View<T> clean = pass.ws.first(clean_dy_, x.shape.n);
    noise_.backward(pass, dy, clean);
    ColumnNorm<T>::backward(pass, x, y, clean, dx);
  }

 private:
  TimeVaryingNoise<T> noise_;
  Slot clean_dy_;
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, noisy_batch_norm, Noisy<T>)

}  // namespace bnlab
