// identity: y = x
#include <algorithm>

#include "nn/catalogs.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class Identity : public Layer<T> {
 public:
  Shape plan(Shape in, Planner&) override { return in; }
  void forward(const Pass<T>&, View<const T> x, View<T> y) const override { std::copy_n(x.data, x.size(), y.data); }
  void backward(const Pass<T>&, View<const T>, View<const T>, View<const T> dy, View<T> dx) const override {
    if (dx) std::copy_n(dy.data, dy.size(), dx.data);
  }
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, identity, Identity<T>)

}  // namespace bnlab
