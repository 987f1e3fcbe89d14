// plain_cnn (He et al. 2015, "plain"): resnet_cifar without skips: conv3x3 -> (norm) -> activation, three stages of 2n,
// widths w, 2w, 4w, halving the image between stages, global average pooling, classifier: 6n+2 layers.
#include <fmt/format.h>

#include "core/error.h"
#include "model/model.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class PlainCnn : public Model<T> {
 public:
  void describe(Fields& f) override {
    f.integer("depth", depth_, between(8, 10000), "6n+2");
    f.integer("width", width_, between(1, 4096), "channels of the first stage");
  }
  void build(Builder<T>& b) const override {
    if ((depth_ - 2) % 6 != 0) throw ConfigError("model.depth", fmt::format("{} is not 6n+2 (8, 14, 20, 32, 44, 56, 110, ...)", depth_));
    layer(b, 0, width_, 1);
    int64_t count = 0;
    for (int stage = 0; stage < 3; ++stage) {
      for (int64_t i = 0; i < (depth_ - 2) / 3; ++i) layer(b, ++count, width_ << stage, stage > 0 && i == 0 ? 2 : 1);
    }
    b.enter("head").global_average_pool().dropout().classifier();
  }

 private:
  static void layer(Builder<T>& b, int64_t number, Index out, Index stride) {
    b.enter(number == 0 ? "stem" : fmt::format("layer{}", number));
    b.norm(Site::before_weight).conv(out, 3, stride).norm(Site::before_activation, true).activate().norm(Site::after_activation);
  }
  int64_t depth_ = 20, width_ = 16;
};

}  // namespace

BNLAB_DEFINE_MAKE(models, plain_cnn, PlainCnn<T>)

}  // namespace bnlab
