#include "nn/layers/linear.h"

#include "tensor/kernels/gemm.h"

namespace bnlab {

template <class T>
Shape Linear<T>::plan(Shape in, Planner& planner) {
  rows_ = of_rows_ ? in.h : 1;
  in_ = in.sample() / rows_;
  weights_.plan({out_, 1, 1, in_}, in.n * rows_, planner);
  return {in.n, rows_, 1, out_};
}

template <class T>
void Linear<T>::forward(const Pass<T>& pass, View<const T> x, View<T> y) const {
  const T* w = weights_.forward(pass.ws);
  const T beta = weights_.put_bias(pass.ws, y) ? 1 : 0;
  multiply<T>(pass.pool, {{Op::plain, Op::transposed, y.rows(), out_, in_, x.data, in_, w, in_, y.data, out_, T(1), beta}});
}

template <class T>
void Linear<T>::backward(const Pass<T>& pass, View<const T> x, View<const T>, View<const T> dy, View<T> dx) const {
  const Index n = dy.rows();
  const T beta = pass.add ? 1 : 0;
  const Gemm<T> dw{Op::transposed, Op::plain, out_, in_, n, dy.data, out_, x.data, in_, weights_.gradient(pass.ws), in_};
  if (dx) {
    multiply<T>(pass.pool, {dw, {Op::plain, Op::plain, n, in_, out_, dy.data, out_, weights_.effective(pass.ws), in_, dx.data, in_, T(1), beta}});
  } else {
    multiply<T>(pass.pool, {dw});
  }
  weights_.finish(pass.ws);
  weights_.bias_gradient(pass, dy);
}

template class Linear<float>;
template class Linear<double>;

}  // namespace bnlab
