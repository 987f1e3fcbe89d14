// dynamic_tanh (Zhu et al. 2025): y = gamma tanh(alpha x) + beta, one alpha for the layer
//   dalpha = sum d x,  dx = alpha d,  d = gamma dy (1 - tanh(alpha x)^2)
#include <cmath>

#include "nn/catalogs.h"
#include "nn/norms/affine.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class DynamicTanh : public Layer<T> {
 public:
  void describe(Fields& f) override {
    f.number("alpha", initial_alpha_, any(), "initial value of the learned alpha");
    affine_.describe(f);
  }
  Shape plan(Shape in, Planner& planner) override {
    alpha_ = planner.parameters("alpha", {1, 1, 1, 1}, Role::gain);
    affine_.plan(in.c, planner);
    tanh_ = planner.cache(in);
    sums_ = planner.scratch_doubles(2 * in.c);
    return in;
  }
  void initialize(Workspace<T>& ws, uint64_t) const override {
    ws[alpha_][0] = static_cast<T>(initial_alpha_);
    affine_.initialize(ws);
  }
  bool start_gamma(double value) override { return affine_.start_gamma(value); }
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override {
    Workspace<T>& ws = pass.ws;
    const T alpha = ws[alpha_][0], *gamma = ws[affine_.gamma].data, *beta = ws[affine_.beta].data;
    T* t = ws[tanh_].data;
    for (Index r = 0, i = 0; r < x.rows(); ++r) {
      for (Index c = 0; c < x.c(); ++c, ++i) {
        t[i] = std::tanh(alpha * x[i]);
        y[i] = gamma[c] * t[i] + beta[c];
      }
    }
  }
  void backward(const Pass<T>& pass, View<const T> x, View<const T>, View<const T> dy, View<T> dx) const override {
    Workspace<T>& ws = pass.ws;
    const T alpha = ws[alpha_][0], *gamma = ws[affine_.gamma].data, *t = ws[tanh_].data;
    double *dgamma = ws.doubles(sums_), *dbeta = dgamma + x.c(), dalpha = 0;
    std::fill_n(dgamma, 2 * x.c(), 0.0);
    for (Index r = 0, i = 0; r < x.rows(); ++r) {
      for (Index c = 0; c < x.c(); ++c, ++i) {
        const T d = gamma[c] * dy[i] * (1 - t[i] * t[i]);
        dalpha += static_cast<double>(d) * static_cast<double>(x[i]);
        dgamma[c] += static_cast<double>(dy[i]) * static_cast<double>(t[i]);
        dbeta[c] += static_cast<double>(dy[i]);
        if (dx) dx[i] = alpha * d;
      }
    }
    ws.gradient(alpha_)[0] = static_cast<T>(dalpha);
    for (Index c = 0; c < x.c(); ++c) affine_.gradient(ws, c, dgamma[c], dbeta[c]);
  }

 private:
  double initial_alpha_ = 0.5;
  Affine<T> affine_;
  Slot alpha_, tanh_, sums_;
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, dynamic_tanh, DynamicTanh<T>)

}  // namespace bnlab
