// mean_squared_error: L = s * sum_ik (y_ik - t_ik)^2,  dL/dy = 2 s (y - t);  s = 1/(n outputs), 1/n or 1
#include "nn/catalogs.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class MeanSquaredError : public Loss<T> {
 public:
  void describe(Fields& f) override {
    f.option("reduction", reduction_, {"mean", "sum_over_outputs", "sum"},
             "mean over samples and outputs, mean over samples only, or the plain sum (Santurkar's deep linear nets)");
  }
  bool needs_labels() const override { return false; }
  bool sums() const override { return reduction_ == "sum"; }

  double operator()(View<const T> output, const Batch<T>& batch, View<T> gradient) const override {
    const auto n = static_cast<double>(output.rows()), outputs = static_cast<double>(output.c());
    const double scale = reduction_ == "sum" ? 1 : reduction_ == "mean" ? 1 / (n * outputs) : 1 / n;
    auto error = [&](Index r, Index k) {
      const double target = batch.targets ? static_cast<double>(batch.targets.at(r, k)) : (batch.labels[r] == k ? 1 : 0);
      return static_cast<double>(output.at(r, k)) - target;
    };
    double loss = 0;
    for (Index r = 0; r < output.rows(); ++r) {
      for (Index k = 0; k < output.c(); ++k) loss += error(r, k) * error(r, k);
    }
    // a loop of its own: of one that does both the compiler makes two, whose sums may differ in the last digit
    for (Index r = 0; gradient && r < output.rows(); ++r) {
      for (Index k = 0; k < output.c(); ++k) gradient.at(r, k) = static_cast<T>(2 * scale * error(r, k));
    }
    return scale * loss;
  }

 private:
  std::string reduction_ = "mean";
};

}  // namespace

BNLAB_DEFINE_MAKE(losses, mean_squared_error, MeanSquaredError<T>)

}  // namespace bnlab
