// gradient_norms: the size and the tails of the gradient of each parameter tensor, g of n entries, as the training step
// computed it (before weight decay and clipping):
//   l2 = ||g||,  rms = ||g|| / sqrt(n),  max = max |g_i|,  zero_share = #{g_i = 0} / n
//   kurtosis = mean (g_i - mean g)^4 / (mean (g_i - mean g)^2)^2       3 for a Gaussian
//   max_over_median = max |g_i| / median |g_i|                         heavy tails (Bjorck et al. 2018, fig. 4)
// and for the network, over weight layers: log10_first_over_last = log10(rms of the first / rms of the last), below 0 where
// gradients vanish on their way back, above 0 where they explode.
#include <algorithm>
#include <cmath>

#include "core/stats.h"
#include "nn/table.h"
#include "probes/probe.h"

namespace bnlab {
namespace {

// Of g / max |g|, so that neither squares nor fourth powers leave the range of a double.
struct Magnitudes {
  double max = 0, rms = 0, kurtosis = NAN, median = 0, zeros = 0;
  bool finite = true;
};

template <class T>
Magnitudes magnitudes_of(const T* g, Index count) {
  Magnitudes out;
  const auto n = static_cast<double>(count);
  std::vector<double> sizes(static_cast<size_t>(count));
  for (Index i = 0; i < count; ++i) {
    const double size = std::abs(static_cast<double>(g[i]));
    sizes[static_cast<size_t>(i)] = size;
    out.finite = out.finite && std::isfinite(size);
    out.max = std::max(out.max, size);
    out.zeros += size == 0 ? 1 / n : 0;
  }
  if (!out.finite || out.max == 0) return out;
  double mean = 0, square = 0, second = 0, fourth = 0;
  for (Index i = 0; i < count; ++i) {
    const double x = static_cast<double>(g[i]) / out.max;
    mean += x / n, square += x * x / n;
  }
  for (Index i = 0; i < count; ++i) {
    const double d = static_cast<double>(g[i]) / out.max - mean;
    second += d * d / n, fourth += d * d * d * d / n;
  }
  out.rms = out.max * std::sqrt(square);
  // what rounding leaves of equal entries is no variance
  if (second > 1e-28 * square) out.kurtosis = fourth / (second * second);
  out.median = median(std::move(sizes));
  return out;
}

template <class T>
class GradientNorms : public Probe<T> {
 public:
  void describe(Fields& f) override {
    Probe<T>::describe(f);
    f.option("parameters", parameters_, {"weights", "all"}, "weights only, or biases, gains and shifts too");
  }

  void start(const Surroundings<T>&) override {}

  void after_backward(const GradientView<T>& view, Records& out) override {
    std::vector<double> weights;
    for (const NamedSlot& entry : view.ws.plan().parameters) {
      if (entry.role != Role::weight && parameters_ == "weights") continue;
      const Index count = entry.slot.shape.size();
      const Magnitudes g = magnitudes_of(view.ws.gradient(entry.slot), count);
      auto row = [&](const char* metric, double value, const char* why) {
        g.finite && std::isfinite(value) ? out.value(entry.name, metric, "batch", value) : out.missing(entry.name, metric, "batch", g.finite ? why : "the gradient is not finite");
      };
      row("l2", g.rms * std::sqrt(static_cast<double>(count)), "beyond the range of a number");
      row("rms", g.rms, "");
      row("max", g.max, "");
      row("zero_share", g.zeros, "");
      row("kurtosis", g.kurtosis, g.max > 0 ? "all entries are equal" : "all entries are 0");
      row("max_over_median", g.max / g.median, g.max > 0 ? "more than half of the entries are 0" : "all entries are 0");
      if (entry.role == Role::weight) weights.push_back(g.finite ? g.rms : NAN);
    }
    const double ratio = std::log10(weights.front() / weights.back());
    if (!std::isfinite(ratio)) return out.missing("", "log10_first_over_last", "batch", "the gradient of the first or the last weight layer is 0 or not finite");
    out.value("", "log10_first_over_last", "batch", ratio);
    if (std::isnan(first_look_)) first_look_ = ratio;
    last_look_ = ratio;
  }

  ProbeCost cost() const override { return {}; }

  void archive(Archive& archive) override { archive.number("first_look", first_look_), archive.number("last_look", last_look_); }
  std::vector<std::pair<std::string, double>> summary() const override {
    if (std::isnan(first_look_)) return {};
    return {{"log10_first_over_last_at_first_look", first_look_}, {"log10_first_over_last_at_last_look", last_look_}};
  }

 private:
  std::string parameters_ = "weights";
  double first_look_ = NAN, last_look_ = NAN;
};

}  // namespace

BNLAB_DEFINE_MAKE(probes, gradient_norms, GradientNorms<T>)

}  // namespace bnlab
