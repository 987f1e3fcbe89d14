// noise_only (Santurkar et al. 2018, sec. 2.1): the noise of noisy_batch_norm in a network without normalization; y = x outside
// train mode.
#include <algorithm>

#include "nn/catalogs.h"
#include "nn/norms/time_varying_noise.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class NoiseOnly : public Layer<T> {
 public:
  void describe(Fields& f) override { noise_.describe(f); }
  Shape plan(Shape in, Planner& planner) override {
    noise_.plan(in, planner);
    return in;
  }
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override {
    std::copy_n(x.data, x.size(), y.data);
    if (pass.mode == Mode::train) noise_.add(pass, y);
  }
  void backward(const Pass<T>& pass, View<const T>, View<const T>, View<const T> dy, View<T> dx) const override {
    if (!dx) return;
    if (pass.mode == Mode::train) noise_.backward(pass, dy, dx);
    else std::copy_n(dy.data, dy.size(), dx.data);
  }

 private:
  TimeVaryingNoise<T> noise_;
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, noise_only, NoiseOnly<T>)

}  // namespace bnlab
