// noisy_batch_norm (Santurkar et al. 2018, alg. 1): batch_norm, then at every step t fresh noise
//   mu_c ~ U(-n_mu, n_mu),  sigma_c ~ U(1, n_sigma)                      per channel
//   m_ic ~ U(mu_c - r_mu, mu_c + r_mu),  s_ic ~ N(sigma_c, r_sigma^2)    per row and channel
//   y <- s y + m
// after gamma and beta, in train mode only (the paper states neither).
#include "nn/norms/column_norm.h"

namespace bnlab {
namespace {

template <class T>
class Noisy : public ColumnNorm<T> {
 public:
  void describe(Fields& f) override {
    ColumnNorm<T>::describe(f);
    f.number("n_mu", n_mu_, at_least(0), "range of the channel's shift");
    f.number("n_sigma", n_sigma_, at_least(0), "upper end of the channel's scale");
    f.number("r_mu", r_mu_, at_least(0), "range of each entry's shift about the channel's");
    f.number("r_sigma", r_sigma_, at_least(0), "standard deviation of each entry's scale about the channel's");
  }
  Shape plan(Shape in, Planner& planner) override {
    const std::string noise = "noise/" + planner.scope();
    channel_ = Purpose(noise + "/channel"), entry_ = Purpose(noise + "/scale"), offset_ = Purpose(noise + "/shift");
    scale_ = planner.cache(in);
    shift_ = planner.scratch(in);
    clean_dy_ = planner.scratch(in);
    return ColumnNorm<T>::plan(in, planner);
  }
  bool takes_tail() const override { return false; }
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override {
    ColumnNorm<T>::forward(pass, x, y);
    if (pass.mode != Mode::train) return;
    const auto step = static_cast<uint64_t>(pass.step), count = static_cast<uint64_t>(x.size());
    const Stream channel(pass.seed, channel_), entry(pass.seed, entry_), offset(pass.seed, offset_);
    T *scale = pass.ws[scale_].data, *shift = pass.ws[shift_].data;
    entry.fill_normal(step, scale, count);
    offset.fill_uniform(step, shift, count);
    for (Index c = 0; c < x.c(); ++c) {
      const double mu = n_mu_ * (2 * channel.uniform(step, 2 * static_cast<uint64_t>(c)) - 1);
      const double sigma = 1 + (n_sigma_ - 1) * channel.uniform(step, 2 * static_cast<uint64_t>(c) + 1);
      for (Index i = c; i < x.size(); i += x.c()) {
        scale[i] = static_cast<T>(sigma + r_sigma_ * static_cast<double>(scale[i]));
        y[i] = scale[i] * y[i] + static_cast<T>(mu + r_mu_ * (2 * static_cast<double>(shift[i]) - 1));
      }
    }
  }
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override {
    if (pass.mode != Mode::train) return ColumnNorm<T>::backward(pass, x, y, dy, dx);
    const T* scale = pass.ws[scale_].data;
    const View<T> clean = pass.ws.first(clean_dy_, x.shape.n);
    for (Index i = 0; i < dy.size(); ++i) clean[i] = scale[i] * dy[i];
    ColumnNorm<T>::backward(pass, x, y, clean, dx);
  }

 private:
  double n_mu_ = 0.5, n_sigma_ = 1.25, r_mu_ = 0.1, r_sigma_ = 0.1;
  Purpose channel_, entry_, offset_;
  Slot scale_, shift_, clean_dy_;
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, noisy_batch_norm, Noisy<T>)

}  // namespace bnlab
