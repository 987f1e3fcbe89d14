// What the batch normalizers share: per channel c, over the m = n h w rows of the batch,
//   y = gamma xhat + beta,   xhat = (x - center) * inverse
// with batch statistics where the mode says so and running ones elsewhere. A normalizer of the family says how center
// and inverse come from the batch (measure) and how the gradient goes back through them (backward_through).
//
// running <- (1 - m) * running + m * batch, m = running_momentum as in PyTorch, or the plain average over all batches.
#pragma once

#include <cmath>

#include "core/error.h"
#include "nn/catalogs.h"
#include "nn/norms/affine.h"
#include "nn/table.h"
#include "tensor/kernels/columns.h"

namespace bnlab {

template <class T>
class ColumnNorm : public Layer<T> {
 public:
  void describe(Fields& f) override {
    affine_.describe(f);
    f.number("epsilon", epsilon_, at_least(0), "added to the variance");
    f.number("running_momentum", running_momentum_, between(0, 1), "running <- (1 - m) running + m batch");
    f.option("running", running_, {"exponential", "cumulative"}, "moving average, or the plain average of all batches");
    f.option("running_variance", running_variance_, {"unbiased", "biased"}, "of the batch, m - 1 or m in the denominator");
  }

  Shape plan(Shape in, Planner& planner) override {
    channels_ = in.c;
    const Shape per_channel{1, 1, 1, in.c};
    affine_.plan(in.c, planner);
    mean_ = planner.state("running_mean", per_channel);
    variance_ = planner.state("running_variance", per_channel);
    batches_ = planner.state("batches", {1, 1, 1, 1});
    center_ = planner.cache(per_channel);
    inverse_ = planner.cache(per_channel);
    moments_ = planner.scratch_doubles(2 * in.c);
    partial_ = planner.scratch_doubles(column_scratch(in.rows(), in.c));
    a_ = planner.scratch(per_channel);
    b_ = planner.scratch(per_channel);
    d_ = planner.scratch(per_channel);
    return in;
  }

  void initialize(Workspace<T>& ws, uint64_t) const override {
    affine_.initialize(ws);
    std::fill_n(ws[mean_].data, channels_, T(0));
    std::fill_n(ws[variance_].data, channels_, T(1));
    ws[batches_][0] = 0;
  }

  void begin_calibration(Workspace<T>& ws) const override { ws[batches_][0] = 0; }
  bool adds() const override { return true; }
  bool takes_tail() const override { return true; }
  bool takes_moments() const override { return true; }
  bool cancels_bias() const override { return affine_.learned; }
  bool start_gamma(double value) override { return affine_.start_gamma(value); }
  std::string refuses(Shape in) const override {
    return in.rows() >= 2 ? "" : "batch statistics need at least 2 rows per channel, but a batch has " + std::to_string(in.rows());
  }

  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override {
    settle(pass, x);
    apply(pass, x, y);
  }

  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override {
    double *sum_dy = pass.ws.doubles(moments_), *sum_dy_x = sum_dy + channels_, *partial = pass.ws.doubles(partial_);
    const T* center = pass.ws[center_].data;
    if (pass.tail && pass.tail->rectify) {
      column_sums_gated<T>(pass.pool, {pass.tail->gradient, dy.shape}, y.data, x, center, sum_dy, sum_dy_x, partial);
    } else {
      column_sums<T>(pass.pool, dy, x, center, sum_dy, sum_dy_x, partial);
    }
    const T* inverse = pass.ws[inverse_].data;
    for (Index c = 0; c < channels_; ++c) affine_.gradient(pass.ws, c, sum_dy_x[c] * static_cast<double>(inverse[c]), sum_dy[c]);
    if (dx) back(pass, x, dy, dx, sum_dy, sum_dy_x);
  }

 protected:
  // Are the statistics constants of this pass?
  virtual bool constant(Mode mode) const { return mode == Mode::evaluate || mode == Mode::frozen; }

  void settle(const Pass<T>& pass, View<const T> x) const {
    if (pass.mode == Mode::frozen) return;
    if (constant(pass.mode)) return use_running(pass.ws);
    assert(x.rows() >= 2);
    measure(pass, x);
  }

  // Sets center and inverse from the batch; moves the running statistics where the mode says so.
  virtual void measure(const Pass<T>& pass, View<const T> x) const {
    batch_moments(pass, x);
    double *mean = pass.ws.doubles(moments_), *variance = mean + channels_;
    for (Index c = 0; c < channels_; ++c) set(pass.ws, c, mean[c], 1 / std::sqrt(variance[c] + epsilon_));
    update_running(pass, mean, variance, unbiasing(x.rows()));
  }

  void back(const Pass<T>& pass, View<const T> x, View<const T> dy, View<T> dx, const double* sum_dy, const double* sum_dy_x) const {
    if (!constant(pass.mode)) return backward_through(pass, x, dy, dx, sum_dy, sum_dy_x);
    for (Index c = 0; c < channels_; ++c) coefficients(pass.ws, c, held_slope(pass, c), 0, 0);
    combine(pass, x, dy, dx);
  }
  // dy/dx where the statistics are constants
  virtual double held_slope(const Pass<T>& pass, Index c) const { return gain(pass.ws, c) * static_cast<double>(pass.ws[inverse_][c]); }

  // dx where center is the batch mean and inverse = (variance + epsilon)^(-1/2):
  //   dx = gamma inverse (dy - mean(dy) - xhat mean(dy xhat))
  virtual void backward_through(const Pass<T>& pass, View<const T> x, View<const T> dy, View<T> dx, const double* sum_dy,
                                const double* sum_dy_x) const {
    const auto m = static_cast<double>(x.rows());
    const T* inverse = pass.ws[inverse_].data;
    for (Index c = 0; c < channels_; ++c) {
      const double i = static_cast<double>(inverse[c]), g = gain(pass.ws, c) * i;
      coefficients(pass.ws, c, g, -g * i * i * sum_dy_x[c] / m, -g * sum_dy[c] / m);
    }
    combine(pass, x, dy, dx);
  }

  void batch_moments(const Pass<T>& pass, View<const T> x) const {
    double* mean = pass.ws.doubles(moments_);
    if (pass.measured) {
      std::copy_n(pass.measured, 2 * channels_, mean);
    } else {
      column_moments<T>(pass.pool, x, mean, mean + channels_, pass.ws.doubles(partial_));
    }
  }
  void set(Workspace<T>& ws, Index c, double center, double inverse) const {
    ws[center_][c] = static_cast<T>(center);
    ws[inverse_][c] = static_cast<T>(inverse);
  }
  virtual void use_running(Workspace<T>& ws) const {
    for (Index c = 0; c < channels_; ++c) {
      set(ws, c, running_center(ws, c), 1 / std::sqrt(static_cast<double>(ws[variance_][c]) + epsilon_));
    }
  }
  virtual double running_center(Workspace<T>& ws, Index c) const { return static_cast<double>(ws[mean_][c]); }

  // What turns the biased variance of `rows` rows into the one that is averaged.
  double unbiasing(Index rows) const {
    return running_variance_ == "unbiased" ? static_cast<double>(rows) / static_cast<double>(rows - 1) : 1;
  }
  void update_running(const Pass<T>& pass, const double* mean, const double* variance, double factor) const {
    if (pass.mode != Mode::train && pass.mode != Mode::calibrate) return;
    T* running_mean = pass.ws[mean_].data;
    T* running_variance = pass.ws[variance_].data;
    T& batches = pass.ws[batches_][0];
    batches += 1;
    const bool plain = running_ == "cumulative" || pass.mode == Mode::calibrate;
    const double rate = plain ? 1 / static_cast<double>(batches) : running_momentum_;
    for (Index c = 0; c < channels_; ++c) {
      running_mean[c] = static_cast<T>((1 - rate) * static_cast<double>(running_mean[c]) + rate * mean[c]);
      running_variance[c] = static_cast<T>((1 - rate) * static_cast<double>(running_variance[c]) + rate * factor * variance[c]);
    }
  }

  void apply(const Pass<T>& pass, View<const T> x, View<T> y) const {
    Workspace<T>& ws = pass.ws;
    T* scale = ws[a_].data;
    for (Index c = 0; c < channels_; ++c) scale[c] = ws[affine_.gamma][c] * ws[inverse_][c];
    column_affine<T>(pass.pool, x, ws[center_].data, scale, ws[affine_.beta].data, y, pass.tail ? *pass.tail : Tail<T>{});
  }

  double gain(Workspace<T>& ws, Index c) const { return static_cast<double>(ws[affine_.gamma][c]); }
  // dx = a dy + b (x - center) + d, per channel
  void coefficients(Workspace<T>& ws, Index c, double a, double b, double d) const {
    ws[a_][c] = static_cast<T>(a);
    ws[b_][c] = static_cast<T>(b);
    ws[d_][c] = static_cast<T>(d);
  }
  void combine(const Pass<T>& pass, View<const T> x, View<const T> dy, View<T> dx) const {
    Workspace<T>& ws = pass.ws;
    column_combine<T>(pass.pool, dy, x, ws[center_].data, ws[a_].data, ws[b_].data, ws[d_].data, dx, pass.add);
  }

  Affine<T> affine_;
  double epsilon_ = 1e-5;
  double running_momentum_ = 0.1;
  std::string running_ = "exponential", running_variance_ = "unbiased";
  Index channels_ = 0;
  Slot mean_, variance_, batches_, center_, inverse_, moments_, partial_, a_, b_, d_;
};

}  // namespace bnlab
