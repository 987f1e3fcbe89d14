// winograd: F(4x4, 3x3), see tensor/kernels/winograd.h.
#include "tensor/kernels/winograd.h"

#include <algorithm>

#include "nn/engines/engine.h"

namespace bnlab {
namespace {

class WinogradEngine : public ConvEngine<float> {
 public:
  const char* name() const override { return "winograd"; }
  bool takes_tail() const override { return true; }
  bool measures() const override { return true; }
  void plan(const ConvGeometry& g, Index out, bool, Planner& planner) override {
    using namespace winograd;
    u_ = planner.scratch({1, 1, 1, transformed_weights(g.in.c, out)});
    scratch_ = planner.scratch({1, 1, 1, std::max({convolve_scratch(g.in, out), convolve_scratch(g.in.with_c(out), g.in.c), weight_gradient_scratch(g.in, out)})});
  }
  void forward(const Pass<float>& pass, const ConvGeometry& g, const float* x, const float* w, const float* bias, View<float> y, const Tail<float>& tail) const override {
    float* u = pass.ws[u_].data;
    winograd::transform_weights(pass.pool, w, g.in.c, y.c(), u);
    winograd::convolve(pass.pool, {x, g.in}, u, y, {bias, false, tail.skip, tail.rectify, pass.measures}, pass.ws[scratch_].data);
  }
  void input_gradient(const Pass<float>& pass, const ConvGeometry& g, View<const float> dy, const float* w, float* dx, bool add) const override {
    float* u = pass.ws[u_].data;
    winograd::transform_turned_weights(pass.pool, w, g.in.c, dy.c(), u);
    winograd::convolve(pass.pool, dy, u, {dx, g.in}, {nullptr, add}, pass.ws[scratch_].data);
  }
  void weight_gradient(const Pass<float>& pass, const ConvGeometry& g, const float* x, View<const float> dy, float* dw) const override {
    winograd::weight_gradient(pass.pool, {x, g.in}, dy, dw, pass.ws[scratch_].data);
  }

 private:
  Slot u_, scratch_;
};

}  // namespace

bool winograd_takes(const ConvGeometry& g, Index out) {
  return g.kernel_h == 3 && g.kernel_w == 3 && g.stride == 1 && g.pad == 1 && winograd::takes(g.in, out);
}
std::unique_ptr<ConvEngine<float>> make_winograd_engine() { return std::make_unique<WinogradEngine>(); }

}  // namespace bnlab
