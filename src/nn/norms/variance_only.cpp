// variance_only: y = gamma x s + beta, s = (variance + epsilon)^(-1/2), the variance about the mean.
// Since ds/dx = -s^3 (x - mean) / m,
//   dx = gamma s (dy - s^2 (x - mean) mean(dy x))
#include "nn/norms/column_norm.h"

namespace bnlab {
namespace {

template <class T>
class VarianceOnly : public ColumnNorm<T> {
 public:
  Shape plan(Shape in, Planner& planner) override {
    batch_mean_ = planner.cache({1, 1, 1, in.c});
    return ColumnNorm<T>::plan(in, planner);
  }
  bool cancels_bias() const override { return false; }

 protected:
  double running_center(Workspace<T>&, Index) const override { return 0; }
  void measure(const Pass<T>& pass, View<const T> x) const override {
    this->batch_moments(pass, x);
    const double *mean = pass.ws.doubles(this->moments_), *variance = mean + this->channels_;
    for (Index c = 0; c < this->channels_; ++c) {
      this->set(pass.ws, c, 0, 1 / std::sqrt(variance[c] + this->epsilon_));
      pass.ws[batch_mean_][c] = static_cast<T>(mean[c]);
    }
    this->update_running(pass, mean, variance, this->unbiasing(x.rows()));
  }
  // sum_dy_x is taken about center = 0
  void backward_through(const Pass<T>& pass, View<const T> x, View<const T> dy, View<T> dx, const double*,
                        const double* sum_dy_x) const override {
    for (Index c = 0; c < this->channels_; ++c) {
      const double s = static_cast<double>(pass.ws[this->inverse_][c]), g = this->gain(pass.ws, c) * s;
      const double slope = -g * s * s * sum_dy_x[c] / static_cast<double>(x.rows());
      this->coefficients(pass.ws, c, g, slope, -slope * static_cast<double>(pass.ws[batch_mean_][c]));
    }
    this->combine(pass, x, dy, dx);
  }

 private:
  Slot batch_mean_;
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, variance_only, VarianceOnly<T>)

}  // namespace bnlab
