// ratio_forced: y = skip + g branch, g = sqrt(ratio (v_s + epsilon) / (v_b + epsilon)), so that the branch varies `ratio`
// times as much as the skip, whatever its weights and norms: what De & Smith (2020) say BN does at the start of training
// (1 / block), made a choice for all of it. v_s, v_b: batch variances of skip and branch, the mean over the C channels.
// Through the statistics, with G = sum dy branch and m rows:
//   dskip   = dy   + G g / (v_s + epsilon) (skip - mean_s) / (m C)
//   dbranch = g dy - G g / (v_b + epsilon) (branch - mean_b) / (m C)
// running <- (1 - m) running + m batch of both variances, m = running_momentum; biased ones, for only their ratio counts.
#include <algorithm>
#include <cmath>

#include "nn/catalogs.h"
#include "nn/table.h"
#include "tensor/kernels/columns.h"
#include "tensor/kernels/elementwise.h"

namespace bnlab {
namespace {

template <class T>
class RatioForced : public Scaling<T> {
 public:
  void describe(Fields& f) override {
    f.number("ratio", ratio_, above(0), "variance of the scaled branch over that of the skip");
    f.number("epsilon", epsilon_, above(0), "added to both variances");
    f.number("running_momentum", running_momentum_, between(0, 1), "running <- (1 - m) running + m batch");
  }
  void plan(Shape shape, int, int, Planner& planner) override {
    running_ = planner.state("running_variance", {1, 1, 1, 2});  // of skip and branch
    batches_ = planner.state("batches", {1, 1, 1, 1});
    skip_mean_ = planner.cache({1, 1, 1, shape.c}), branch_mean_ = planner.cache({1, 1, 1, shape.c});
    held_ = planner.cache({1, 1, 1, 3});
    moments_ = planner.scratch_doubles(2 * shape.c);
    partial_ = planner.scratch_doubles(column_scratch(shape.rows(), shape.c));
  }
  void initialize(Workspace<T>& ws, uint64_t) const override {
    ws[running_][0] = ws[running_][1] = 1;
    ws[batches_][0] = 0;
  }
  void begin_calibration(Workspace<T>& ws) const override { ws[batches_][0] = 0; }
  std::string refuses(Shape in) const override {
    return in.rows() >= 2 ? "" : "batch variances need at least 2 rows per channel, but a batch has " + std::to_string(in.rows());
  }

  void forward(const Pass<T>& pass, View<const T> skip, View<const T> branch, View<T> y) const override {
    Workspace<T>& ws = pass.ws;
    const bool frozen = pass.mode == Mode::frozen;
    double v_s = static_cast<double>(frozen ? ws[held_][1] : ws[running_][0]), v_b = static_cast<double>(frozen ? ws[held_][2] : ws[running_][1]);
    if (pass.mode != Mode::evaluate && !frozen) {
      v_s = variance(pass, skip, ws[skip_mean_].data), v_b = variance(pass, branch, ws[branch_mean_].data);
      update_running(pass, v_s, v_b);
    }
    const T g = static_cast<T>(std::sqrt(ratio_ * (v_s + epsilon_) / (v_b + epsilon_)));
    ws[held_][0] = g, ws[held_][1] = static_cast<T>(v_s), ws[held_][2] = static_cast<T>(v_b);
    for_ranges(pass.pool, y.size(), [&, g](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) y[i] = skip[i] + g * branch[i];
    });
  }
  void backward(const Pass<T>& pass, View<const T> skip, View<const T> branch, View<const T> dy, View<T> dskip, View<T> dbranch) const override {
    const Workspace<T>& ws = pass.ws;
    const auto g = static_cast<double>(ws[held_][0]), v_s = static_cast<double>(ws[held_][1]), v_b = static_cast<double>(ws[held_][2]);
    const bool constant = pass.mode == Mode::evaluate || pass.mode == Mode::frozen;
    const double through = constant ? 0 : g * dot<T>(pass.pool, dy.data, branch.data, dy.size()) / static_cast<double>(dy.size());
    if (dskip) combine(pass, 1, dy, through / (v_s + epsilon_), skip, ws[skip_mean_].data, dskip);
    if (dbranch) combine(pass, g, dy, -through / (v_b + epsilon_), branch, ws[branch_mean_].data, dbranch);
  }
  typename Scaling<T>::Factors factors_of(const Workspace<T>& ws) const override { return {1, static_cast<double>(ws[held_][0])}; }

 private:
  // Mean over channels of the batch variance; keeps the channel means.
  double variance(const Pass<T>& pass, View<const T> x, T* mean) const {
    double *means = pass.ws.doubles(moments_), *variances = means + x.c(), sum = 0;
    column_moments<T>(pass.pool, x, means, variances, pass.ws.doubles(partial_));
    for (Index c = 0; c < x.c(); ++c) mean[c] = static_cast<T>(means[c]), sum += variances[c];
    return sum / static_cast<double>(x.c());
  }
  void update_running(const Pass<T>& pass, double v_s, double v_b) const {
    if (pass.mode != Mode::train && pass.mode != Mode::calibrate) return;
    T& batches = pass.ws[batches_][0];
    batches += 1;
    const double rate = pass.mode == Mode::calibrate ? 1 / static_cast<double>(batches) : running_momentum_;
    T* running = pass.ws[running_].data;
    running[0] = static_cast<T>((1 - rate) * static_cast<double>(running[0]) + rate * v_s);
    running[1] = static_cast<T>((1 - rate) * static_cast<double>(running[1]) + rate * v_b);
  }
  // dx = a dy + b (x - mean)
  static void combine(const Pass<T>& pass, double a, View<const T> dy, double b, View<const T> x, const T* mean, View<T> dx) {
    const auto from_dy = static_cast<T>(a), from_x = static_cast<T>(b);
    if (b == 0) {
      for_ranges(pass.pool, dy.size(), [&, from_dy](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) dx[i] = from_dy * dy[i];
      });
      return;
    }
    const Index channels = x.c();
    const Pieces pieces(x.rows(), std::max<Index>(1, (1 << 15) / channels));
    pass.pool.run(pieces.pieces, [&, from_dy, from_x](int i) {
      for (Index r = pieces.begin(i); r < pieces.end(i); ++r) {
        const T *up = dy.row(r), *in = x.row(r);
        T* out = dx.row(r);
        for (Index c = 0; c < channels; ++c) out[c] = from_dy * up[c] + from_x * (in[c] - mean[c]);
      }
    });
  }
  double ratio_ = 1, epsilon_ = 1e-5, running_momentum_ = 0.1;
  Slot running_, batches_, skip_mean_, branch_mean_, moments_, partial_;
  Slot held_;  // g and both variances, as the forward pass took them
};

}  // namespace

BNLAB_DEFINE_MAKE(scalings, ratio_forced, RatioForced<T>)

}  // namespace bnlab
