// residual_mlp (De & Smith 2020, fully connected): x0 = linear(x); per block
//   x <- scaling(x, [(norm) -> activation -> linear] x layers);   then (norm) -> activation -> linear
#include "model/model.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class ResidualMlp : public Model<T> {
 public:
  void describe(Fields& f) override {
    f.integer("blocks", blocks_, between(0, 100000), "residual blocks");
    f.integer("width", width_, between(1, 1 << 20), "units of the skip path and the branches");
    f.integer("layers_per_block", layers_, between(1, 100), "weight layers of a branch");
    f.boolean("dropout_in_branches", dropout_in_branches_, "dropout in branches as well, not before the classifier alone");
  }
  void build(Builder<T>& b) const override {
    b.enter("stem").norm(Site::before_weight).linear(width_);
    for (int64_t block = 0; block < blocks_; ++block) {
      b.begin_block();
      const int input = b.here();
      const int skip = b.norm(Site::skip).here();
      b.go(input).begin_branch();
      for (int64_t i = 0; i < layers_; ++i) {
        b.norm(Site::before_activation, true).activate().norm(Site::after_activation);
        if (dropout_in_branches_) b.dropout();
        b.norm(Site::before_weight).linear(width_);
      }
      b.norm(Site::branch_end).join(skip).norm(Site::after_addition);
    }
    b.enter("head").norm(Site::before_activation, true).activate().norm(Site::after_activation).dropout();
    b.classifier();
  }

 private:
  int64_t blocks_ = 5, width_ = 64, layers_ = 2;
  bool dropout_in_branches_ = true;
};

}  // namespace

BNLAB_DEFINE_MAKE(models, residual_mlp, ResidualMlp<T>)

}  // namespace bnlab
