// vgg (Simonyan & Zisserman 2015, for small images): [conv3x3 -> (norm) -> activation] x convolutions, max pooling between
// the stages as long as the image can be halved, then the classifier. "11" and "16" count convolutions + 3 as the paper
// does, with one fully connected layer as is usual on CIFAR; "a" is 11 with the two hidden ones of 512.
#include <fmt/format.h>

#include "model/model.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class Vgg : public Model<T> {
 public:
  void describe(Fields& f) override {
    f.option("variant", variant_, {"11", "16", "a"}, "how many layers");
    f.integer("width", width_, between(1, 4096), "channels of the first stage (64 in the paper)");
  }
  void build(Builder<T>& b) const override {
    const std::vector<int> repeats = variant_ == "16" ? std::vector<int>{2, 2, 3, 3, 3} : std::vector<int>{1, 1, 2, 2, 2};
    Index side = std::min(b.input().h, b.input().w);
    for (size_t stage = 0; stage < repeats.size(); ++stage) {
      b.enter(fmt::format("stage{}", stage + 1));
      for (int i = 0; i < repeats[stage]; ++i) {
        b.norm(Site::before_weight).conv(width_ * std::min<Index>(8, Index{1} << stage), 3).norm(Site::before_activation, true).activate().norm(Site::after_activation);
      }
      if (side >= 2) b.max_pool(2), side /= 2;
    }
    for (int i = 1; variant_ == "a" && i <= 2; ++i) {
      b.enter(fmt::format("hidden{}", i)).norm(Site::before_weight).linear(512).norm(Site::before_activation, true).activate().norm(Site::after_activation);
    }
    b.dropout().classifier();
  }

 private:
  std::string variant_ = "11";
  int64_t width_ = 64;
};

}  // namespace

BNLAB_DEFINE_MAKE(models, vgg, Vgg<T>)

}  // namespace bnlab
