// rescale (Shao et al. 2020, RescaleNet): in block k of L, y = alpha_k skip + beta_k branch,
//   alpha_k^2 = (k + c - 1) / (k + c),   beta_k^2 = 1 / (k + c),   so that alpha_k^2 + beta_k^2 = 1
// and every branch weighs 1 / sqrt(L + c) at the output. c = L in the paper, L - 1 in the official code. As there, beta_k is
// in three parts: the constant 1 / sqrt(L), a multiplier per block from 1, and (L / (k + c))^(1/(2m)) in the initial weights
// of each of the branch's m weight layers. That third part is whole where the branch is homogeneous in its weights (ReLU or
// linear, no norm behind a weight layer: a norm divides it out again); weights that are g v / ||v|| take it into g.
//   bias: a channel_bias before each weight layer of the blocks, projections included, instead of their own biases; zero:
//   learned from 0; data_dependent, as published: minus the mean of what arrives in the first 8 training batches
#include "nn/layers/channel_bias.h"
#include "nn/scalings/weighted_sum.h"

namespace bnlab {
namespace {

template <class T>
class Rescale : public WeightedSum<T> {
 public:
  void describe(Fields& f) override {
    f.number("c", c_, at_least(0), "beta_k^2 = 1 / (k + c); 0: the number of blocks");
    f.option("multiplier", multiplier_, {"learned", "fixed"}, "one per block, from 1, or none");
    f.option("bias", bias_, {"none", "zero", "data_dependent"}, "a bias per channel before the weight layers of the blocks");
  }
  double initial_gain(const Place& place) const override {
    return place.layer == 0 ? 1 : std::pow(place.blocks / (place.block + c(place.blocks)), 1.0 / (2 * place.layers));
  }
  std::unique_ptr<Layer<T>> before(const Place& place) const override {
    if (place.spot != Spot::weight || !replaces_bias(place)) return nullptr;
    return std::make_unique<ChannelBias<T>>(bias_ == "data_dependent" ? 8 : 0);
  }
  bool replaces_bias(const Place& place) const override { return bias_ != "none" && place.block > 0; }

 protected:
  typename WeightedSum<T>::Factors factors(int block, int blocks) const override {
    const double k_c = block + c(blocks);
    return {std::sqrt((k_c - 1) / k_c), 1 / std::sqrt(static_cast<double>(blocks)), multiplier_ == "learned" ? "multiplier" : nullptr, 1};
  }

 private:
  double c(int blocks) const { return c_ == 0 ? blocks : c_; }
  double c_ = 0;
  std::string multiplier_ = "learned", bias_ = "none";
};

}  // namespace

BNLAB_DEFINE_MAKE(scalings, rescale, Rescale<T>)

}  // namespace bnlab
