// batch_renorm (Ioffe 2017): with batch statistics (mean, s) and running ones (M, S), s^2 = variance + epsilon,
//   y = gamma ((x - mean) / s * r + d) + beta,  r = clip(s / S, 1/r_max, r_max),  d = clip((mean - M) / S, -d_max, d_max)
// r and d are constants to the derivative: that of batch_norm, times r.
#include "nn/norms/column_norm.h"

namespace bnlab {
namespace {

template <class T>
class BatchRenorm : public ColumnNorm<T> {
 public:
  void describe(Fields& f) override {
    ColumnNorm<T>::describe(f);
    f.number("r_max", r_max_, at_least(1), "bound of the scale correction");
    f.number("d_max", d_max_, at_least(0), "bound of the shift correction");
  }
  Shape plan(Shape in, Planner& planner) override {
    r_ = planner.cache({1, 1, 1, in.c});
    shift_d_ = planner.cache({1, 1, 1, in.c});
    total_shift_ = planner.scratch({1, 1, 1, in.c});
    return ColumnNorm<T>::plan(in, planner);
  }
  bool exact_derivative() const override { return false; }
  bool takes_tail() const override { return false; }
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override {
    Workspace<T>& ws = pass.ws;
    if (pass.mode == Mode::evaluate) return ColumnNorm<T>::forward(pass, x, y);
    if (pass.mode != Mode::frozen) correct(pass, x);
    T *scale = ws[this->a_].data, *shift = ws[total_shift_].data;
    for (Index c = 0; c < this->channels_; ++c) {
      scale[c] = ws[this->affine_.gamma][c] * ws[r_][c] * ws[this->inverse_][c];
      shift[c] = ws[this->affine_.beta][c] + ws[this->affine_.gamma][c] * ws[shift_d_][c];
    }
    column_affine<T>(pass.pool, x, ws[this->center_].data, scale, shift, y);
  }
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override {
    ColumnNorm<T>::backward(pass, x, y, dy, dx);
    if (pass.mode == Mode::evaluate || !this->affine_.learned) return;
    Workspace<T>& ws = pass.ws;  // dgamma = sum dy (xhat r + d); the base wrote sum dy xhat, and dbeta = sum dy
    for (Index c = 0; c < this->channels_; ++c) {
      T& dgamma = ws.gradient(this->affine_.gamma)[c];
      dgamma = dgamma * ws[r_][c] + ws.gradient(this->affine_.beta)[c] * ws[shift_d_][c];
    }
  }

 protected:
  void correct(const Pass<T>& pass, View<const T> x) const {
    Workspace<T>& ws = pass.ws;
    this->batch_moments(pass, x);
    const double *mean = ws.doubles(this->moments_), *variance = mean + this->channels_;
    for (Index c = 0; c < this->channels_; ++c) {
      const double s = std::sqrt(variance[c] + this->epsilon_);
      const double running_s = std::sqrt(static_cast<double>(ws[this->variance_][c]) + this->epsilon_);
      const double r = std::clamp(s / running_s, 1 / r_max_, r_max_);
      const double d = std::clamp((mean[c] - static_cast<double>(ws[this->mean_][c])) / running_s, -d_max_, d_max_);
      this->set(ws, c, mean[c], 1 / s);
      ws[r_][c] = static_cast<T>(r);
      ws[shift_d_][c] = static_cast<T>(d);
    }
    this->update_running(pass, mean, variance, this->unbiasing(x.rows()));
  }
  double held_slope(const Pass<T>& pass, Index c) const override {
    return ColumnNorm<T>::held_slope(pass, c) * (pass.mode == Mode::frozen ? static_cast<double>(pass.ws[r_][c]) : 1);
  }
  void backward_through(const Pass<T>& pass, View<const T> x, View<const T> dy, View<T> dx, const double* sum_dy,
                        const double* sum_dy_x) const override {
    const auto m = static_cast<double>(x.rows());
    for (Index c = 0; c < this->channels_; ++c) {
      const double i = static_cast<double>(pass.ws[this->inverse_][c]);
      const double g = this->gain(pass.ws, c) * i * static_cast<double>(pass.ws[r_][c]);
      this->coefficients(pass.ws, c, g, -g * i * i * sum_dy_x[c] / m, -g * sum_dy[c] / m);
    }
    this->combine(pass, x, dy, dx);
  }

 private:
  double r_max_ = 3, d_max_ = 5;
  Slot r_, shift_d_, total_shift_;
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, batch_renorm, BatchRenorm<T>)

}  // namespace bnlab
