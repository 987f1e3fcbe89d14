// lp_norm (Santurkar et al. 2018, sec. 3.3, in words): per channel, over the m rows,
//   y = gamma (x - mean) / s + beta,   s = ((1/m) sum |x|^p)^(1/p), x before centring; s = max |x| for p = inf
// (epsilon: s = sqrt(mean(x^2) + epsilon) for p = 2, s + epsilon for the others). The running "variance" is s^2's average.
//   dx = gamma ((dy - mean(dy)) / s - sum(dy (x - mean)) / s^2 * ds/dx)
//   ds/dx = sign(x) / m (p = 1),  x / (m s) (p = 2),  sign(x) at the first row of the largest |x| (p = inf)
#include "nn/norms/column_norm.h"

namespace bnlab {
namespace {

template <class T>
class LpNorm : public ColumnNorm<T> {
 public:
  void describe(Fields& f) override {
    f.option("p", p_, {"1", "2", "inf"}, "which norm");
    ColumnNorm<T>::describe(f);
  }
  Shape plan(Shape in, Planner& planner) override {
    largest_ = planner.cache({1, 1, 1, in.c});
    return ColumnNorm<T>::plan(in, planner);
  }
  bool adds() const override { return false; }

 protected:
  void measure(const Pass<T>& pass, View<const T> x) const override {
    this->batch_moments(pass, x);
    double *mean = pass.ws.doubles(this->moments_), *second = mean + this->channels_;
    const auto m = static_cast<double>(x.rows());
    const View<const T> sides = pass.sides(x);
    for (Index c = 0; c < this->channels_; ++c) {
      double sum = 0, top = 0, farthest = -1;
      Index at = 0;
      for (Index r = 0; r < x.rows(); ++r) {
        const double v = static_cast<double>(x.at(r, c)), side = static_cast<double>(sides.at(r, c)), size = side < 0 ? -v : v;
        sum += p_ == "2" ? v * v : size;
        if (std::abs(side) > farthest) farthest = std::abs(side), top = size, at = r;
      }
      const double s = p_ == "1"   ? sum / m + this->epsilon_
                       : p_ == "2" ? std::sqrt(sum / m + this->epsilon_)
                                   : top + this->epsilon_;
      this->set(pass.ws, c, mean[c], 1 / s);
      pass.ws[largest_][c] = static_cast<T>(at);
      second[c] = s * s - this->epsilon_;  // so that use_running() finds s again
    }
    this->update_running(pass, mean, second, 1);  // s^2 is no variance: nothing to unbias
  }
  void backward_through(const Pass<T>& pass, View<const T> x, View<const T> dy, View<T> dx, const double* sum_dy,
                        const double* sum_dy_x) const override {
    const auto m = static_cast<double>(x.rows());
    const View<const T> sides = pass.sides(x);
    for (Index c = 0; c < this->channels_; ++c) {
      const double inverse = static_cast<double>(pass.ws[this->inverse_][c]), g = this->gain(pass.ws, c);
      const double through = g * sum_dy_x[c] * inverse * inverse;  // times ds/dx
      for (Index r = 0; r < x.rows(); ++r) {
        const double v = static_cast<double>(x.at(r, c)), sign = (sides.at(r, c) > 0) - (sides.at(r, c) < 0);
        const double ds = p_ == "1"   ? sign / m
                          : p_ == "2" ? v * inverse / m
                                      : (r == static_cast<Index>(pass.ws[largest_][c]) ? sign : 0);
        dx.at(r, c) = static_cast<T>(g * inverse * (static_cast<double>(dy.at(r, c)) - sum_dy[c] / m) - through * ds);
      }
    }
  }

 private:
  std::string p_ = "2";
  Slot largest_;
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, lp_norm, LpNorm<T>)

}  // namespace bnlab
