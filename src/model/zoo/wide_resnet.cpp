// wide_resnet (Zagoruyko & Komodakis 2016): conv3x3 of 16, three stages of n pre-activation blocks (16k, 32k, 64k
// channels), norm, activation, global average pooling, classifier: 6n+4 layers. Where the width changes, the skip is a 1x1
// projection of the activated input, as in the authors' code.
#include <fmt/format.h>

#include "core/error.h"
#include "model/model.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class WideResnet : public Model<T> {
 public:
  void describe(Fields& f) override {
    f.integer("depth", depth_, between(10, 10000), "6n+4");
    f.integer("k", k_, between(1, 64), "widening factor");
    f.integer("width", width_, between(1, 4096), "channels of the stem (16 in the paper)");
  }
  void build(Builder<T>& b) const override {
    if ((depth_ - 4) % 6 != 0) throw ConfigError("model.depth", fmt::format("{} is not 6n+4 (10, 16, 22, 28, 40, 100, 1000, ...)", depth_));
    b.enter("stem").norm(Site::before_weight).conv(width_, 3);
    Index channels = width_;
    for (int stage = 0; stage < 3; ++stage) {
      for (int64_t i = 0; i < (depth_ - 4) / 6; ++i) {
        const Index out = (width_ << stage) * k_, stride = stage > 0 && i == 0 ? 2 : 1;
        b.begin_block();
        int skip = b.here();
        b.begin_branch().norm(Site::before_activation, true).activate().norm(Site::after_activation);
        const int activated = b.here();
        if (out != channels || stride != 1) skip = b.projection(out, stride).here();
        b.go(skip);
        skip = b.norm(Site::skip).here();
        b.go(activated).norm(Site::before_weight).conv(out, 3, stride);
        b.norm(Site::before_activation, true).activate().norm(Site::after_activation).dropout().norm(Site::before_weight).conv(out, 3);
        b.norm(Site::branch_end).join(skip).norm(Site::after_addition);
        channels = out;
      }
    }
    b.enter("head").norm(Site::before_activation, true).activate().norm(Site::after_activation).global_average_pool().classifier();
  }

 private:
  int64_t depth_ = 16, k_ = 1, width_ = 16;
};

}  // namespace

BNLAB_DEFINE_MAKE(models, wide_resnet, WideResnet<T>)

}  // namespace bnlab
