// ghost_batch_norm (Hoffer et al. 2017, alg. 1): batch_norm over consecutive parts of ghost_size samples; a remainder
// joins the last part. The running statistics take the average of the parts', once a step.
#include "nn/norms/column_norm.h"

namespace bnlab {
namespace {

template <class T>
class GhostBatchNorm : public ColumnNorm<T> {
 public:
  void describe(Fields& f) override {
    f.integer("ghost_size", ghost_size_, at_least(1), "samples to a part");
    ColumnNorm<T>::describe(f);
  }
  Shape plan(Shape in, Planner& planner) override {
    const Index parts = std::max<Index>(1, in.n / ghost_size_);
    centers_ = planner.cache({1, 1, parts, in.c});
    inverses_ = planner.cache({1, 1, parts, in.c});
    average_ = planner.scratch_doubles(2 * in.c);
    totals_ = planner.scratch_doubles(2 * in.c);
    return ColumnNorm<T>::plan(in, planner);
  }
  std::string refuses(Shape in) const override {
    const Index rows = std::min<Index>(ghost_size_, in.n) * in.h * in.w;
    return rows >= 2 ? "" : "each ghost batch needs at least 2 rows per channel, but has " + std::to_string(rows);
  }
  bool takes_tail() const override { return false; }
  bool takes_moments() const override { return false; }
  void forward(const Pass<T>& pass, View<const T> x, View<T> y) const override {
    if (pass.mode == Mode::evaluate) return ColumnNorm<T>::forward(pass, x, y);
    Workspace<T>& ws = pass.ws;
    const Index channels = this->channels_, parts = count(x.shape.n);
    if (pass.mode == Mode::frozen) {
      for (Index k = 0; k < parts; ++k) {
        take(ws, k);
        this->apply(pass, cut<const T>(x, k, parts), cut<T>(y, k, parts));
      }
      return;
    }
    double *mean = ws.doubles(this->moments_), *variance = mean + channels, *average = ws.doubles(average_);
    std::fill_n(average, 2 * channels, 0.0);
    for (Index k = 0; k < parts; ++k) {
      const View<const T> part = cut<const T>(x, k, parts);
      this->batch_moments(pass, part);
      for (Index c = 0; c < channels; ++c) {
        this->set(ws, c, mean[c], 1 / std::sqrt(variance[c] + this->epsilon_));
        average[c] += mean[c] / static_cast<double>(parts);
        average[channels + c] += this->unbiasing(part.rows()) * variance[c] / static_cast<double>(parts);
      }
      this->apply(pass, part, cut<T>(y, k, parts));
      std::copy_n(ws[this->center_].data, channels, ws[centers_].data + k * channels);
      std::copy_n(ws[this->inverse_].data, channels, ws[inverses_].data + k * channels);
    }
    this->update_running(pass, average, average + channels, 1);
  }
  void backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const override {
    if (pass.mode == Mode::evaluate) return ColumnNorm<T>::backward(pass, x, y, dy, dx);
    Workspace<T>& ws = pass.ws;
    const Index channels = this->channels_, parts = count(x.shape.n);
    double* totals = ws.doubles(totals_);
    std::fill_n(totals, 2 * channels, 0.0);
    for (Index k = 0; k < parts; ++k) {
      take(ws, k);
      const View<const T> part = cut<const T>(x, k, parts), dpart = cut<const T>(dy, k, parts);
      double *sum_dy = ws.doubles(this->moments_), *sum_dy_x = sum_dy + channels;
      column_sums<T>(pass.pool, dpart, part, ws[this->center_].data, sum_dy, sum_dy_x, ws.doubles(this->partial_));
      for (Index c = 0; c < channels; ++c) {
        totals[c] += sum_dy_x[c] * static_cast<double>(ws[this->inverse_][c]);
        totals[channels + c] += sum_dy[c];
      }
      if (dx) this->back(pass, part, dpart, cut<T>(dx, k, parts), sum_dy, sum_dy_x);
    }
    for (Index c = 0; c < channels; ++c) this->affine_.gradient(ws, c, totals[c], totals[channels + c]);
  }

 private:
  // The statistics of a part become the layer's.
  void take(Workspace<T>& ws, Index part) const {
    std::copy_n(ws[centers_].data + part * this->channels_, this->channels_, ws[this->center_].data);
    std::copy_n(ws[inverses_].data + part * this->channels_, this->channels_, ws[this->inverse_].data);
  }
  Index count(Index n) const { return std::max<Index>(1, n / ghost_size_); }
  template <class V>
  View<V> cut(View<V> x, Index part, Index parts) const {
    const Index begin = part * ghost_size_, end = part + 1 == parts ? x.shape.n : begin + ghost_size_;
    return {x.data + begin * x.shape.sample(), x.shape.with_n(end - begin)};
  }
  int64_t ghost_size_ = 32;
  Slot centers_, inverses_, average_, totals_;
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, ghost_batch_norm, GhostBatchNorm<T>)

}  // namespace bnlab
