#include "nn/layers/conv2d.h"

#include <fmt/format.h>

#include "core/error.h"

namespace bnlab {

template <class T>
Conv2d<T>::Conv2d(ConvOptions options, bool bias, Choice initializer, Choice weight_map, std::string engine)
    : options_(options), weights_(bias, std::move(initializer), std::move(weight_map)), wish_(std::move(engine)) {}

template <class T>
ConvGeometry Conv2d<T>::geometry(View<const T> x) const {
  return {x.shape, options_.kernel, options_.kernel, options_.stride, options_.pad};
}

template <class T>
Shape Conv2d<T>::plan(Shape in, Planner& planner) {
  planned_ = {in, options_.kernel, options_.kernel, options_.stride, options_.pad};
  if (in.h + 2 * options_.pad < options_.kernel || in.w + 2 * options_.pad < options_.kernel) {
    throw ConfigError("model", fmt::format("{}: a {}x{} kernel does not fit {}", planner.scope(), options_.kernel, options_.kernel, text(in)));
  }
  const Shape out{in.n, planned_.out_h(), planned_.out_w(), options_.out};
  weights_.plan({options_.out, options_.kernel, options_.kernel, in.c}, out.rows(), planner);
  engine_ = make_engine<T>(wish_, planned_, options_.out);
  engine_->plan(planned_, options_.out, weights_.has_bias, planner);
  return out;
}

template <class T>
void Conv2d<T>::initialize(Workspace<T>& ws, uint64_t seed) const {
  weights_.initialize(ws, seed);
}

template <class T>
void Conv2d<T>::forward(const Pass<T>& pass, View<const T> x, View<T> y) const {
  engine_->forward(pass, geometry(x), x.data, weights_.forward(pass.ws), weights_.bias(pass.ws), y, pass.tail ? *pass.tail : Tail<T>{});
}

template <class T>
void Conv2d<T>::backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const {
  if (pass.tail && pass.tail->rectify) gate(pass.pool, y, pass.tail->gradient);
  engine_->weight_gradient(pass, geometry(x), x.data, dy, weights_.gradient(pass.ws));
  if (dx) engine_->input_gradient(pass, geometry(x), dy, weights_.effective(pass.ws), dx.data, pass.add);
  weights_.finish(pass.ws);
  weights_.bias_gradient(pass, dy);
}

template <class T>
double Conv2d<T>::multiply_adds_per_sample() const {
  return static_cast<double>(planned_.positions()) * static_cast<double>(planned_.patch()) * static_cast<double>(options_.out);
}

template class Conv2d<float>;
template class Conv2d<double>;

}  // namespace bnlab
