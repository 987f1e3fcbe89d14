// plain: w = v
#include <algorithm>

#include "nn/catalogs.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class Plain : public WeightMap<T> {
 public:
  void plan(Index out, Index in, Planner&) override { count_ = out * in; }
  void forward(Workspace<T>&, const T* v, T* w) const override { std::copy_n(v, count_, w); }
  void backward(Workspace<T>&, const T*, const T* dw, T* dv) const override { std::copy_n(dw, count_, dv); }

 private:
  Index count_ = 0;
};

}  // namespace

BNLAB_DEFINE_MAKE(weight_maps, plain, Plain<T>)

}  // namespace bnlab
