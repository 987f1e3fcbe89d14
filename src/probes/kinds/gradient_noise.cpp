// gradient_noise: how the gradients g_1 .. g_K of K independent mini-batches of the training size B scatter at one state:
//   noise_variance  = sum_k |g_k - mean|^2 / (K - 1), unbiased for tr Cov(g_k)
//   signal          = |mean|^2 - noise_variance / K, unbiased for |E g|^2; may fall below 0
//   noise_scale     = B noise_variance / signal, in samples: B_simple = tr(Sigma) / |G|^2, Sigma = B Cov(g_k)
//                     (McCandlish et al. 2018, An empirical model of large-batch training, eq. 2.9)
//   gradient_cosine = mean over pairs k < l of the cosine of g_k and g_l
// With statistics of the batch the loss of a batch is no sum over its samples, there are no gradients of single samples, and
// Sigma is no covariance of any: the gradient is a function of the whole batch, and so are these numbers.
#include <fmt/format.h>

#include <cmath>

#include "nn/table.h"
#include "probes/loss_oracle.h"

namespace bnlab {
namespace {

// Of gradients that come one by one (Welford 1962: squares are taken about the mean).
class Scatter {
 public:
  template <class T>
  void add(const Vector<T>& g) {
    ++count_;
    mean_.resize(g.size(), 0), units_.resize(g.size(), 0);
    const double length = norm(g), k = static_cast<double>(count_);
    zero_ = zero_ || length == 0;
    for (size_t i = 0; i < g.size(); ++i) {
      const double value = static_cast<double>(g[i]), before = value - mean_[i];
      mean_[i] += before / k;
      squares_ += before * (value - mean_[i]);
      if (length > 0) units_[i] += value / length;
    }
  }
  double variance() const { return squares_ / (static_cast<double>(count_) - 1); }
  double signal() const { return dot(mean_, mean_) - variance() / static_cast<double>(count_); }
  // |sum of unit vectors|^2 = K + sum over pairs of 2 cosines
  double cosine() const { return (dot(units_, units_) - static_cast<double>(count_)) / static_cast<double>(count_ * (count_ - 1)); }
  bool has_zero() const { return zero_; }

 private:
  int64_t count_ = 0;
  Vector<double> mean_, units_;
  double squares_ = 0;
  bool zero_ = false;
};

template <class T>
class GradientNoise : public Probe<T> {
 public:
  void describe(Fields& f) override {
    Probe<T>::describe(f);
    f.integer("batches", count_, between(2, 100000), "mini-batches of the training size, drawn once per seed; noise of the forward pass is drawn for each");
    f.options("bn_modes", choice_.bn_modes, {"batch", "frozen", "running"}, "statistics of each batch, differentiated through; the same, held; running ones");
  }

  void start(const Surroundings<T>& around) override {
    oracle_ = std::make_unique<LossOracle<T>>(around, choice_, Keep::needed, "gradient_noise");
    batches_ = std::make_unique<Batches<T>>(around.data, around.data.train, around.train.batch_size, around.seed);
    seed_ = around.seed;
  }

  void at_state(const StateView<T>& view, Records& out) override {
    for (const std::string& mode : choice_.bn_modes) {
      oracle_->use(mode);
      Scatter scatter;
      for (int64_t k = 0; k < count_; ++k) {
        oracle_->move_to(view.ws, view.step + k);  // the step draws dropout and noise of norms
        oracle_->take(batches_->sample(Stream(seed_, fmt::format("probe/gradient_noise/{}", k)), batches_->batch_size()));
        oracle_->gradient(oracle_->point(), gradient_);
        scatter.add(gradient_);
      }
      write(scatter, mode, out);
    }
  }

  ProbeCost cost() const override { return oracle_->cost(); }

 private:
  void write(const Scatter& scatter, const std::string& mode, Records& out) const {
    const double variance = scatter.variance(), signal = scatter.signal();
    const double scale = static_cast<double>(batches_->batch_size()) * variance / signal;
    const std::string infinite = "not finite";
    auto row = [&](const char* metric, double value, const std::string& why) {
      if (why.empty() && std::isfinite(value)) return out.value("", metric, mode, value);
      out.missing("", metric, mode, why.empty() ? infinite : why);
    };
    row("noise_variance", variance, "");
    row("signal", signal, "");
    row("noise_scale", scale, signal <= 0 ? "the signal is lost in the noise: more batches would find it" : "");
    row("gradient_cosine", scatter.cosine(), scatter.has_zero() ? "a gradient is 0" : "");
  }

  int64_t count_ = 8;
  LossChoice choice_;
  uint64_t seed_ = 0;
  std::unique_ptr<LossOracle<T>> oracle_;
  std::unique_ptr<Batches<T>> batches_;
  Vector<T> gradient_;
};

}  // namespace

BNLAB_DEFINE_MAKE(probes, gradient_noise, GradientNoise<T>)

}  // namespace bnlab
