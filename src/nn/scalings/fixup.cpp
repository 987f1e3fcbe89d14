// fixup (Zhang, Dauphin & Ma 2019, Fixup initialization): y = skip + s branch. With L blocks of m weight layers,
//   1. the last weight layer of each branch and the classifier start from 0;
//   2. the other weight layers of a branch start L^(-1/(2m-2)) times as large (m = 1: there are none);
//   3. s is a learned scalar per branch, from 1, and a learned scalar bias, from 0, stands before every weight layer and
//      activation of the network but its first weight layer; the weight layers but the classifier need no bias then.
// Rule 2 leaves the last layer of a branch alone even where rule 1 is off, so that the branch starts 1/sqrt(L) as large.
// Under weights that are g v / ||v|| rules 1 and 2 act on g.
#include "nn/layers/scalar_bias.h"
#include "nn/scalings/weighted_sum.h"

namespace bnlab {
namespace {

template <class T>
class Fixup : public WeightedSum<T> {
 public:
  void describe(Fields& f) override {
    f.boolean("zero_last", zero_last_, "rule 1: last layer of each branch and classifier from 0");
    f.boolean("scale_layers", scale_layers_, "rule 2: the other layers of a branch smaller with depth");
    f.boolean("scalars", scalars_, "rule 3: a scalar multiplier per branch, scalar biases before weight layers and activations");
  }
  double initial_gain(const Place& place) const override {
    const bool last = place.layer > 0 && place.layer == place.layers;
    if (place.classifier || last) return zero_last_ ? 0 : 1;
    if (place.layer == 0 || !scale_layers_) return 1;
    return std::pow(place.blocks, -1.0 / (2 * place.layers - 2));
  }
  std::unique_ptr<Layer<T>> before(const Place& place) const override {
    const bool here = scalars_ && (place.spot == Spot::weight || place.spot == Spot::activation);
    return here ? std::make_unique<ScalarBias<T>>() : nullptr;
  }
  bool replaces_bias(const Place& place) const override { return scalars_ && !place.classifier; }

 protected:
  typename WeightedSum<T>::Factors factors(int, int) const override { return {1, 1, scalars_ ? "multiplier" : nullptr, 1}; }

 private:
  bool zero_last_ = true, scale_layers_ = true, scalars_ = true;
};

}  // namespace

BNLAB_DEFINE_MAKE(scalings, fixup, Fixup<T>)

}  // namespace bnlab
