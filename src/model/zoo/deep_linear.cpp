// deep_linear (Santurkar et al. 2018, sec. 2.2, DLN): y = W_k ... W_1 x, without biases, norms between the layers
#include <fmt/format.h>

#include "core/error.h"
#include "model/model.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class DeepLinear : public Model<T> {
 public:
  void describe(Fields& f) override {
    f.integer("depth", depth_, between(1, 100000), "weight layers, the last one included");
    f.integer("width", width_, between(1, 1 << 20), "units of each layer but the last");
  }
  void build(Builder<T>& b) const override {
    b.without_biases().without_activations();
    for (int64_t i = 1; i < depth_; ++i) {
      b.enter(fmt::format("layer{}", i));
      b.norm(Site::before_weight).linear(width_).norm(Site::before_activation, true).activate().norm(Site::after_activation).dropout();
    }
    b.classifier();
  }

 private:
  int64_t depth_ = 25, width_ = 10;
};

}  // namespace

BNLAB_DEFINE_MAKE(models, deep_linear, DeepLinear<T>)

}  // namespace bnlab
