// What the per-sample normalizers share: for each sample and group of channels, over the group's channels and space,
//   y = gamma xhat + beta,  xhat = (x - mean) / sqrt(variance + epsilon)     (mean = 0, variance = mean(x^2) if not centred)
//   dx = s (d - mean(d) - xhat mean(d xhat)),  d = gamma dy,  s = 1 / sqrt(variance + epsilon)   (no mean(d) if not centred)
// They are the same in training and evaluation and keep no running statistics.
#pragma once

#include <cmath>

#include "nn/catalogs.h"
#include "nn/norms/affine.h"
#include "nn/table.h"

namespace bnlab {

template <class T>
class SampleNorm : public Layer<T> {
 public:
  void describe(Fields& f) override {
    affine_.describe(f);
    f.number("epsilon", epsilon_, at_least(0), "added to the variance");
  }
  Shape plan(Shape in, Planner& planner) override {
    groups_ = groups(in);
    affine_.plan(in.c, planner);
    mean_ = planner.cache({in.n, 1, 1, groups_});
    inverse_ = planner.cache({in.n, 1, 1, groups_});
    sums_ = planner.scratch_doubles(most_pieces * 2 * in.c);
    return in;
  }
  void initialize(Workspace<T>& ws, uint64_t) const override { affine_.initialize(ws); }
  bool start_gamma(double value) override { return affine_.start_gamma(value); }

  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override {
    Workspace<T>& ws = pass.ws;
    const T *gamma = ws[affine_.gamma].data, *beta = ws[affine_.beta].data;
    for_samples(pass, x.shape, [&](Index i, double*) {
      for (Index g = 0; g < groups_; ++g) {
        const auto [mean, inverse] = moments(x, i, g);
        ws[mean_][i * groups_ + g] = static_cast<T>(mean);
        ws[inverse_][i * groups_ + g] = static_cast<T>(inverse);
        for_entries(x.shape, i, g, [&](Index at, Index c) {
          const auto xhat = static_cast<T>((static_cast<double>(x[at]) - mean) * inverse);
          y[at] = gamma[c] * xhat + beta[c];
        });
      }
    });
  }

  void backward(const Pass<T>& pass, View<const T> x, View<const T>, View<const T> dy, View<T> dx) const override {
    Workspace<T>& ws = pass.ws;
    const Index channels = x.c();
    const T* gamma = ws[affine_.gamma].data;
    const int pieces = for_samples(pass, x.shape, [&](Index i, double* sums) {
      for (Index g = 0; g < groups_; ++g) {
        const auto mean = static_cast<double>(ws[mean_][i * groups_ + g]), inverse = static_cast<double>(ws[inverse_][i * groups_ + g]);
        double sum = 0, along = 0;
        for_entries(x.shape, i, g, [&](Index at, Index c) {
          const double xhat = (static_cast<double>(x[at]) - mean) * inverse, up = static_cast<double>(dy[at]);
          const double d = up * static_cast<double>(gamma[c]);
          sum += d, along += d * xhat;
          sums[c] += up * xhat, sums[channels + c] += up;
        });
        if (!dx) continue;
        const auto m = static_cast<double>(x.shape.sample() / groups_);
        const double offset = centred() ? sum / m : 0;
        for_entries(x.shape, i, g, [&](Index at, Index c) {
          const double xhat = (static_cast<double>(x[at]) - mean) * inverse;
          dx[at] = static_cast<T>(inverse * (static_cast<double>(dy[at]) * static_cast<double>(gamma[c]) - offset - xhat * along / m));
        });
      }
    });
    const double* sums = ws.doubles(sums_);
    for (Index c = 0; c < channels; ++c) {
      double dgamma = 0, dbeta = 0;
      for (int k = 0; k < pieces; ++k) dgamma += sums[2 * k * channels + c], dbeta += sums[(2 * k + 1) * channels + c];
      affine_.gradient(ws, c, dgamma, dbeta);
    }
  }

 protected:
  virtual Index groups(Shape in) const = 0;
  virtual bool centred() const { return true; }
  Affine<T> affine_;
  double epsilon_ = 1e-5;

 private:
  static constexpr int most_pieces = 16;
  struct Moments {
    double mean, inverse;
  };
  template <class Body>
  void for_entries(Shape s, Index i, Index g, const Body& body) const {
    const Index each = s.c / groups_;
    for (Index p = 0; p < s.h * s.w; ++p) {
      const Index base = (i * s.h * s.w + p) * s.c;
      for (Index c = g * each; c < (g + 1) * each; ++c) body(base + c, c);
    }
  }
  template <class Body>
  int for_samples(const Pass<T>& pass, Shape s, const Body& body) const {
    const Pieces pieces(s.n, std::max<Index>((s.n + most_pieces - 1) / most_pieces, (1 << 14) / std::max<Index>(1, s.sample())));
    pass.pool.run(pieces.pieces, [&](int k) {
      double* sums = pass.ws.doubles(sums_) + 2 * k * s.c;
      std::fill_n(sums, 2 * s.c, 0.0);
      for (Index i = pieces.begin(k); i < pieces.end(k); ++i) body(i, sums);
    });
    return pieces.pieces;
  }
  Moments moments(View<const T> x, Index i, Index g) const {
    const auto m = static_cast<double>(x.shape.sample() / groups_);
    double mean = 0, variance = 0;
    if (centred()) {
      for_entries(x.shape, i, g, [&](Index at, Index) { mean += static_cast<double>(x[at]); });
      mean /= m;
    }
    for_entries(x.shape, i, g, [&](Index at, Index) {
      const double d = static_cast<double>(x[at]) - mean;
      variance += d * d;
    });
    return {mean, 1 / std::sqrt(variance / m + epsilon_)};
  }
  Index groups_ = 1;
  Slot mean_, inverse_, sums_;
};

}  // namespace bnlab
