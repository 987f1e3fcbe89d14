// The noise of Santurkar et al. 2018, alg. 1: at every step t, afresh,
//   mu_c ~ U(-n_mu, n_mu),  sigma_c ~ U(1, n_sigma)                      per channel
//   m_ic ~ U(mu_c - r_mu, mu_c + r_mu),  s_ic ~ N(sigma_c, r_sigma^2)    per row and channel
//   y <- s y + m
#pragma once

#include "nn/layer.h"

namespace bnlab {

template <class T>
class TimeVaryingNoise {
 public:
  void describe(Fields& f) {
    f.number("n_mu", n_mu_, at_least(0), "range of the channel's shift");
    f.number("n_sigma", n_sigma_, at_least(0), "upper end of the channel's scale");
    f.number("r_mu", r_mu_, at_least(0), "range of each entry's shift about the channel's");
    f.number("r_sigma", r_sigma_, at_least(0), "standard deviation of each entry's scale about the channel's");
  }
  void plan(Shape in, Planner& planner) {
    const std::string noise = "noise/" + planner.scope();
    channel_ = Purpose(noise + "/channel"), entry_ = Purpose(noise + "/scale"), offset_ = Purpose(noise + "/shift");
    scale_ = planner.cache(in);
    shift_ = planner.scratch(in);
  }
  void add(const Pass<T>& pass, View<T> y) const {
    const auto step = static_cast<uint64_t>(pass.step), count = static_cast<uint64_t>(y.size());
    const Stream channel(pass.seed, channel_), entry(pass.seed, entry_), offset(pass.seed, offset_);
    T *scale = pass.ws[scale_].data, *shift = pass.ws[shift_].data;
    entry.fill_normal(step, scale, count);
    offset.fill_uniform(step, shift, count);
    for (Index c = 0; c < y.c(); ++c) {
      const double mu = n_mu_ * (2 * channel.uniform(step, 2 * static_cast<uint64_t>(c)) - 1);
      const double sigma = 1 + (n_sigma_ - 1) * channel.uniform(step, 2 * static_cast<uint64_t>(c) + 1);
      for (Index i = c; i < y.size(); i += y.c()) {
        scale[i] = static_cast<T>(sigma + r_sigma_ * static_cast<double>(scale[i]));
        y[i] = scale[i] * y[i] + static_cast<T>(mu + r_mu_ * (2 * static_cast<double>(shift[i]) - 1));
      }
    }
  }
  // dx = s dy, of the pass that add() was called in
  void backward(const Pass<T>& pass, View<const T> dy, View<T> dx) const {
    const T* scale = pass.ws[scale_].data;
    for (Index i = 0; i < dy.size(); ++i) dx[i] = scale[i] * dy[i];
  }

 private:
  double n_mu_ = 0.5, n_sigma_ = 1.25, r_mu_ = 0.1, r_sigma_ = 0.1;
  Purpose channel_, entry_, offset_;
  Slot scale_, shift_;
};

}  // namespace bnlab
