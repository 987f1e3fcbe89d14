// gemm: matrix products on OpenBLAS, for any kernel, stride, padding and precision, in one of two ways.
//
// Patches (tensor/kernels/conv.h), in blocks of samples whose patches stay small:
//   y = P W^T,   dW = dy^T P,   dx = scatter(dy W)
//
// Positions, for 3x3 kernels on maps so small that most of a patch lies outside: for each output position p and each input
// position q that it sees through tap t, over all samples,
//   y_p += x_q W_t^T,   dW_t += dy_p^T x_q,   dx_q += dy_p W_t
#include <algorithm>

#include "nn/engines/engine.h"
#include "tensor/kernels/gemm.h"

namespace bnlab {
namespace {

constexpr Index most_patch_bytes = 8 << 20;

template <class T>
void put_bias(Pool& pool, const T* bias, View<T> y) {
  const Pieces pieces(y.rows(), 1024);
  pool.run(pieces.pieces, [&](int i) {
    for (Index r = pieces.begin(i); r < pieces.end(i); ++r) std::copy_n(bias, y.c(), y.row(r));
  });
}

template <class T>
class GemmEngine : public ConvEngine<T> {
 public:
  const char* name() const override { return "gemm"; }

  void plan(const ConvGeometry& g, Index, bool, Planner& planner) override {
    in_place_ = g.kernel_h * g.kernel_w == 1 && g.stride == 1 && g.pad == 0;
    if (in_place_) return;
    if (few_positions(g)) return list_pairs(g);
    const Index bytes = g.positions() * g.patch() * static_cast<Index>(sizeof(T));
    block_ = std::clamp<Index>(most_patch_bytes / bytes, 1, g.in.n);
    patches_ = planner.scratch({1, block_, g.positions(), g.patch()});
  }

  void forward(const Pass<T>& pass, const ConvGeometry& g, const T* x, const T* w, const T* bias, View<T> y, const Tail<T>&) const override {
    if (bias) put_bias(pass.pool, bias, y);
    const Index out = y.c(), c = g.in.c, patch = g.patch();
    for (const Pair& k : pairs_) {
      const T beta = bias || !k.first_of_output ? 1 : 0;
      multiply<T>(pass.pool, {{Op::plain, Op::transposed, g.in.n, out, c, x + k.input * c, g.in.sample(), w + k.tap * c, patch,
                               y.data + k.output * out, g.positions() * out, T(1), beta}});
    }
    if (!pairs_.empty()) return;
    for_blocks(pass, g, x, [&](Index first, Index rows, const T* patches) {
      multiply<T>(pass.pool, {{Op::plain, Op::transposed, rows, out, patch, patches, patch, w, patch, y.data + first * g.positions() * out, out,
                               T(1), bias ? T(1) : T(0)}});
    });
  }

  void input_gradient(const Pass<T>& pass, const ConvGeometry& g, View<const T> dy, const T* w, T* dx, bool add) const override {
    const Index out = dy.c(), c = g.in.c, patch = g.patch();
    for (const Pair& k : pairs_) {
      const T beta = add || !k.first_of_input ? 1 : 0;
      multiply<T>(pass.pool, {{Op::plain, Op::plain, g.in.n, c, out, dy.data + k.output * out, g.positions() * out, w + k.tap * c, patch,
                               dx + k.input * c, g.in.sample(), T(1), beta}});
    }
    if (!pairs_.empty()) return;
    if (in_place_) {
      multiply<T>(pass.pool, {{Op::plain, Op::plain, dy.rows(), c, out, dy.data, out, w, c, dx, c, T(1), add ? T(1) : T(0)}});
      return;
    }
    T* patches = pass.ws[patches_].data;
    for (Index first = 0; first < g.in.n; first += block_) {
      const Index count = std::min(block_, g.in.n - first), rows = count * g.positions();
      multiply<T>(pass.pool, {{Op::plain, Op::plain, rows, patch, out, dy.data + first * g.positions() * out, out, w, patch, patches, patch}});
      scatter_patches<T>(pass.pool, g, patches, first, count, {dx, g.in}, add);
    }
  }

  void weight_gradient(const Pass<T>& pass, const ConvGeometry& g, const T* x, View<const T> dy, T* dw) const override {
    const Index out = dy.c(), c = g.in.c, patch = g.patch();
    if (!pairs_.empty()) std::fill_n(dw, out * patch, T(0));  // taps that see nothing
    for (const Pair& k : pairs_) {
      multiply<T>(pass.pool, {{Op::transposed, Op::plain, out, c, g.in.n, dy.data + k.output * out, g.positions() * out, x + k.input * c,
                               g.in.sample(), dw + k.tap * c, patch, T(1), T(1)}});
    }
    if (!pairs_.empty()) return;
    for_blocks(pass, g, x, [&](Index first, Index rows, const T* patches) {
      multiply<T>(pass.pool, {{Op::transposed, Op::plain, out, patch, rows, dy.data + first * g.positions() * out, out, patches, patch, dw, patch,
                               T(1), first == 0 ? T(0) : T(1)}});
    });
  }

 private:
  struct Pair {
    Index output, input, tap;
    bool first_of_output, first_of_input;
  };

  void list_pairs(const ConvGeometry& g) {
    std::vector<bool> seen(static_cast<size_t>(g.in.h * g.in.w), false);
    for (Index output = 0; output < g.positions(); ++output) {
      bool first = true;
      for (Index input = 0; input < g.in.h * g.in.w; ++input) {
        const Index i = input / g.in.w - output / g.in.w + 1, j = input % g.in.w - output % g.in.w + 1;
        if (i < 0 || i > 2 || j < 0 || j > 2) continue;
        pairs_.push_back({output, input, i * 3 + j, first, !seen[static_cast<size_t>(input)]});
        seen[static_cast<size_t>(input)] = true;
        first = false;
      }
    }
  }

  // body(first sample, rows, their patches)
  template <class Body>
  void for_blocks(const Pass<T>& pass, const ConvGeometry& g, const T* x, const Body& body) const {
    if (in_place_) return body(0, g.in.rows(), x);
    T* patches = pass.ws[patches_].data;
    for (Index first = 0; first < g.in.n; first += block_) {
      const Index count = std::min(block_, g.in.n - first);
      gather_patches<T>(pass.pool, g, {x, g.in}, first, count, patches);
      body(first, count * g.positions(), patches);
    }
  }

  bool in_place_ = false;  // a 1x1 kernel of stride 1 reads its input as it lies
  std::vector<Pair> pairs_;
  Index block_ = 1;  // samples whose patches are held at once
  Slot patches_;
};

}  // namespace

bool few_positions(const ConvGeometry& g) {
  return g.kernel_h == 3 && g.kernel_w == 3 && g.stride == 1 && g.pad == 1 && g.in.h * g.in.w <= 4;
}

template <class T>
std::unique_ptr<ConvEngine<T>> make_gemm_engine() {
  return std::make_unique<GemmEngine<T>>();
}
template std::unique_ptr<ConvEngine<float>> make_gemm_engine();
template std::unique_ptr<ConvEngine<double>> make_gemm_engine();

}  // namespace bnlab
