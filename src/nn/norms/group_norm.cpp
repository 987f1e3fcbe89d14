// group_norm (Wu & He 2018): per sample and group of channels, over the group and space,
//   y = gamma (x - mean) / sqrt(variance + epsilon) + beta
#include "core/error.h"
#include "nn/norms/sample_norm.h"

namespace bnlab {
namespace {

template <class T>
class GroupNorm : public SampleNorm<T> {
 public:
  void describe(Fields& f) override {
    f.integer("groups", count_, at_least(1), "must divide the channels");
    SampleNorm<T>::describe(f);
  }
  std::string refuses(Shape in) const override {
    const Index entries = in.sample() / count_;
    return entries >= 2 ? "" : "the statistics of a group need at least 2 entries, but it has " + std::to_string(entries);
  }

 protected:
  Index groups(Shape in) const override {
    if (in.c % count_ != 0) {
      throw ConfigError("model.norm.groups", std::to_string(count_) + " groups do not divide " + std::to_string(in.c) + " channels");
    }
    return count_;
  }

 private:
  int64_t count_ = 4;
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, group_norm, GroupNorm<T>)

}  // namespace bnlab
