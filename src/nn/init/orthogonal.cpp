// orthogonal: W W^T = gain^2 I (or W^T W, whichever is smaller), Haar-distributed: the Q of the QR decomposition of a
// Gaussian matrix, columns signed by the diagonal of R (Mezzadri 2007; Saxe et al. 2014)
#include <Eigen/QR>

#include "nn/catalogs.h"

namespace bnlab {
namespace {

class Orthogonal : public Initializer {
 public:
  void describe(Fields& f) override { f.number("gain", gain_, at_least(0), "all singular values"); }
  void fill(const Stream& stream, double* weight, Index out, Index in) const override {
    const Index tall = std::max(out, in), thin = std::min(out, in);
    Eigen::MatrixXd gaussian(tall, thin);
    stream.fill_normal(0, gaussian.data(), static_cast<size_t>(tall * thin));
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(gaussian);
    Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(tall, thin);
    for (Index k = 0; k < thin; ++k) {
      if (qr.matrixQR()(k, k) < 0) q.col(k) *= -1;
    }
    for (Index o = 0; o < out; ++o) {
      for (Index i = 0; i < in; ++i) weight[o * in + i] = gain_ * (out >= in ? q(o, i) : q(i, o));
    }
  }

 private:
  double gain_ = 1;
};

}  // namespace

std::unique_ptr<Component> make_orthogonal() { return std::make_unique<Orthogonal>(); }

}  // namespace bnlab
