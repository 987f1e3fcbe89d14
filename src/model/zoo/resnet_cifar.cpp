// resnet_cifar: conv3x3, three stages of n blocks of two 3x3 convolutions (widths w, 2w, 4w; the image is halved between
// stages), global average pooling, classifier: 6n+2 layers; skips are identities, strided and padded with zero channels.
//   v1 (He et al. 2015): y = activation(x + [conv, norm, activation, conv, norm](x))
//   v2 (He et al. 2016): y = x + [norm, activation, conv, norm, activation, conv](x), norm and activation at the end
#include <fmt/format.h>

#include "core/error.h"
#include "model/model.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class ResnetCifar : public Model<T> {
 public:
  void describe(Fields& f) override {
    f.integer("depth", depth_, between(8, 10000), "6n+2");
    f.integer("width", width_, between(1, 4096), "channels of the first stage (16 in the paper)");
    f.option("version", version_, {"v1", "v2"}, "activation after the addition, or before each convolution");
  }
  void build(Builder<T>& b) const override {
    if ((depth_ - 2) % 6 != 0) throw ConfigError("model.depth", fmt::format("{} is not 6n+2 (8, 14, 20, 32, 44, 56, 110, ...)", depth_));
    const bool v1 = version_ == "v1";
    b.enter("stem").norm(Site::before_weight).conv(width_, 3);
    if (v1) b.norm(Site::before_activation, true).activate().norm(Site::after_activation);
    Index channels = width_;
    for (int stage = 0; stage < 3; ++stage) {
      for (int64_t i = 0; i < (depth_ - 2) / 6; ++i) {
        const Index out = width_ << stage, stride = stage > 0 && i == 0 ? 2 : 1;
        b.begin_block();
        const int input = b.here();
        if (out != channels) b.padded_identity(out, stride);
        const int skip = b.norm(Site::skip).here();
        b.go(input).begin_branch();
        v1 ? branch_v1(b, out, stride) : branch_v2(b, out, stride);
        b.join(skip).norm(Site::after_addition);
        if (v1) b.activate();
        channels = out;
      }
    }
    b.enter("head");
    if (!v1) b.norm(Site::before_activation, true).activate().norm(Site::after_activation);
    b.global_average_pool().dropout().classifier();
  }

 private:
  static void branch_v1(Builder<T>& b, Index out, Index stride) {
    b.norm(Site::before_weight).conv(out, 3, stride).norm(Site::before_activation, true).activate().norm(Site::after_activation);
    b.norm(Site::before_weight).conv(out, 3).norm(Site::branch_end, true);
  }
  static void branch_v2(Builder<T>& b, Index out, Index stride) {
    b.norm(Site::before_activation, true).activate().norm(Site::after_activation).norm(Site::before_weight).conv(out, 3, stride);
    b.norm(Site::before_activation, true).activate().norm(Site::after_activation).norm(Site::before_weight).conv(out, 3);
    b.norm(Site::branch_end);
  }
  int64_t depth_ = 20, width_ = 16;
  std::string version_ = "v1";
};

}  // namespace

BNLAB_DEFINE_MAKE(models, resnet_cifar, ResnetCifar<T>)

}  // namespace bnlab
