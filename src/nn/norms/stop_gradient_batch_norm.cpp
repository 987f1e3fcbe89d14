// stop_gradient_batch_norm: forward as batch_norm; the statistics are constants to the derivative:
//   dx = gamma / sqrt(variance + epsilon) * dy
#include "nn/norms/column_norm.h"

namespace bnlab {
namespace {

template <class T>
class StopGradient : public ColumnNorm<T> {
 public:
  bool exact_derivative() const override { return false; }

 protected:
  void backward_through(const Pass<T>& pass, View<const T> x, View<const T> dy, View<T> dx, const double*,
                        const double*) const override {
    for (Index c = 0; c < this->channels_; ++c) {
      this->coefficients(pass.ws, c, this->gain(pass.ws, c) * static_cast<double>(pass.ws[this->inverse_][c]), 0, 0);
    }
    this->combine(pass, x, dy, dx);
  }
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, stop_gradient_batch_norm, StopGradient<T>)

}  // namespace bnlab
