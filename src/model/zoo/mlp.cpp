// mlp: x -> [linear -> (norm) -> activation -> (norm)] for each width -> linear
#include <fmt/format.h>

#include "model/model.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class Mlp : public Model<T> {
 public:
  void describe(Fields& f) override { f.integers("widths", widths_, between(1, 1 << 20), "units of each hidden layer"); }
  void build(Builder<T>& b) const override {
    for (size_t i = 0; i < widths_.size(); ++i) {
      b.enter(fmt::format("hidden{}", i + 1));
      b.norm(Site::before_weight).linear(widths_[i]).norm(Site::before_activation, true).activate().norm(Site::after_activation).dropout();
    }
    b.classifier();
  }

 private:
  std::vector<int64_t> widths_{100, 100, 100};
};

}  // namespace

BNLAB_DEFINE_MAKE(models, mlp, Mlp<T>)

}  // namespace bnlab
