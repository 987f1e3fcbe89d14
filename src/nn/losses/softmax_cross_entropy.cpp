// softmax_cross_entropy: with p = softmax(z) and target q = (1 - s) onehot(label) + s / classes,
//   L = -(1/n) sum_i sum_k q_ik log p_ik,    dL/dz = (p - q) / n
#include <algorithm>
#include <cmath>

#include "nn/catalogs.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class SoftmaxCrossEntropy : public Loss<T> {
 public:
  void describe(Fields& f) override {
    f.number("label_smoothing", smoothing_, from_below(0, 1), "s: this share of the target is spread over all classes");
  }
  bool needs_labels() const override { return true; }

  double operator()(View<const T> output, const Batch<T>& batch, View<T> gradient) const override {
    const Index n = output.rows(), classes = output.c();
    const double spread = smoothing_ / static_cast<double>(classes);
    double loss = 0;
    for (Index r = 0; r < n; ++r) {
      const T* z = output.row(r);
      const Index label = batch.labels[r];
      const double top = *std::max_element(z, z + classes);
      double sum = 0, total = 0;
      for (Index k = 0; k < classes; ++k) {
        sum += std::exp(static_cast<double>(z[k]) - top);
        total += static_cast<double>(z[k]) - top;
      }
      const double log_sum = std::log(sum);
      loss += log_sum - (1 - smoothing_) * (static_cast<double>(z[label]) - top) - spread * total;
      if (!gradient) continue;
      T* dz = gradient.row(r);
      for (Index k = 0; k < classes; ++k) {
        const double p = std::exp(static_cast<double>(z[k]) - top - log_sum);
        dz[k] = static_cast<T>((p - spread - (k == label ? 1 - smoothing_ : 0)) / static_cast<double>(n));
      }
    }
    // max_element skips a NaN that is not first; the sum does not
    return loss / static_cast<double>(n);
  }

 private:
  double smoothing_ = 0;
};

}  // namespace

BNLAB_DEFINE_MAKE(losses, softmax_cross_entropy, SoftmaxCrossEntropy<T>)

}  // namespace bnlab
