// none: y = skip + branch
#include <algorithm>

#include "nn/catalogs.h"
#include "nn/table.h"
#include "tensor/kernels/elementwise.h"

namespace bnlab {
namespace {

template <class T>
class None : public Scaling<T> {
 public:
  bool plain_sum() const override { return true; }
  void plan(Shape, int, int, Planner&) override {}
  void forward(const Pass<T>& pass, View<const T> skip, View<const T> branch, View<T> y) const override {
    for_ranges(pass.pool, y.size(), [&](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) y[i] = skip[i] + branch[i];
    });
  }
  void backward(const Pass<T>&, View<const T>, View<const T>, View<const T> dy, View<T> dskip, View<T> dbranch) const override {
    if (dskip) std::copy_n(dy.data, dy.size(), dskip.data);
    if (dbranch) std::copy_n(dy.data, dy.size(), dbranch.data);
  }
};

}  // namespace

BNLAB_DEFINE_MAKE(scalings, none, None<T>)

}  // namespace bnlab
