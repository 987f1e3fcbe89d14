// center_only: y = gamma (x - mean) + beta,   dx = gamma (dy - mean(dy))
#include "nn/norms/column_norm.h"

namespace bnlab {
namespace {

template <class T>
class CenterOnly : public ColumnNorm<T> {
 protected:
  void use_running(Workspace<T>& ws) const override {
    for (Index c = 0; c < this->channels_; ++c) this->set(ws, c, this->running_center(ws, c), 1);
  }
  void measure(const Pass<T>& pass, View<const T> x) const override {
    this->batch_moments(pass, x);
    const double* mean = pass.ws.doubles(this->moments_);
    for (Index c = 0; c < this->channels_; ++c) this->set(pass.ws, c, mean[c], 1);
    this->update_running(pass, mean, mean + this->channels_, this->unbiasing(x.rows()));
  }
  void backward_through(const Pass<T>& pass, View<const T> x, View<const T> dy, View<T> dx, const double* sum_dy,
                        const double*) const override {
    for (Index c = 0; c < this->channels_; ++c) {
      const double g = this->gain(pass.ws, c);
      this->coefficients(pass.ws, c, g, 0, -g * sum_dy[c] / static_cast<double>(x.rows()));
    }
    this->combine(pass, x, dy, dx);
  }
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, center_only, CenterOnly<T>)

}  // namespace bnlab
