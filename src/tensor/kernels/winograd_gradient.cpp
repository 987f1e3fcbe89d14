#include "tensor/kernels/register_product.h"
#include "tensor/kernels/winograd.h"
#include "tensor/kernels/winograd_tiles.h"

namespace bnlab::winograd {
namespace {

// Small weights: parts of the batch sum into transformed gradients of their own, block by block in the core's cache, and
// these are summed in order. Large ones: all threads transform a large block, then share out the 36 products.
struct GradientPlan {
  Index in, out, tiles, parts, each, plane_in, plane_out;
  bool by_part;
  GradientPlan(Shape x, Index out_channels) : in(x.c), out(out_channels), tiles(Tiles(x).count()) {
    by_part = in * out <= 64 * 64 * 2;
    parts = by_part ? std::clamp<Index>(tiles / 64, 1, 8) : 1;
    const Index fit = (by_part ? 640 << 10 : 8 << 20) / (points * (in + out) * 4);
    each = std::min(tiles, std::clamp<Index>(fit / 8 * 8, 24, by_part ? 96 : 512));
    plane_in = each * in + lanes;
    plane_out = each * out + lanes;
  }
  Index buffers() const { return points * (plane_in + plane_out); }
  Index plane() const { return in * out + lanes; }
  Index weights() const { return points * plane(); }
};

constexpr Index depth = 48;  // tiles whose panel stays in the first cache

// du[point][out][in] (+)= sum over the block's tiles of dm^T v
void accumulate(const GradientPlan& plan, Index point, const float* v, const float* dm, float* du, Index count, bool add) {
  const Index vectors = panel_vectors(plan.in), width = vectors * lanes;
  for (Index first = 0; first < count; first += depth) {
    const float *dm_here = dm + point * plan.plane_out + first * plan.out, *v_here = v + point * plan.plane_in + first * plan.in;
    for (Index k = 0; k < plan.in; k += width) {
      register_product(vectors, {dm_here, 1, plan.out, v_here + k, plan.in, du + point * plan.plane() + k, plan.in, std::min(depth, count - first), add || first > 0}, plan.out);
    }
  }
}

}  // namespace

Index weight_gradient_scratch(Shape in, Index out) {
  const GradientPlan plan(in, out);
  return plan.parts * (plan.buffers() + plan.weights());
}

void weight_gradient(Pool& pool, View<const float> x, View<const float> dy, float* dw, float* scratch) {
  const GradientPlan plan(x.shape, dy.c());
  const Tiles from(x.shape), to(dy.shape);
  float* sums = scratch + plan.parts * plan.buffers();
  auto transform = [&](Index number, Index end, float* v, float* dm, Index at) {
    if (number + ahead < end) {
      prefetch(from, number + ahead, x.data);
      prefetch(to, number + ahead, dy.data);
    }
    transform_input(from, number, x.data, v + at * plan.in, plan.plane_in);
    transform_output_gradient(to, number, dy.data, dm + at * plan.out, plan.plane_out);
  };
  if (plan.by_part) {
    const Index share = (plan.tiles + plan.parts - 1) / plan.parts;
    pool.run(static_cast<int>(plan.parts), [&](int part) {
      float *v = scratch + part * plan.buffers(), *dm = v + points * plan.plane_in, *du = sums + part * plan.weights();
      const Index begin = part * share, end = std::min(plan.tiles, begin + share);
      for (Index first = begin; first < end; first += plan.each) {
        const Index count = std::min(plan.each, end - first);
        for (Index t = 0; t < count; ++t) transform(first + t, end, v, dm, t);
        for (Index point = 0; point < points; ++point) accumulate(plan, point, v, dm, du, count, first != begin);
      }
    });
  } else {
    float *v = scratch, *dm = v + points * plan.plane_in;
    for (Index first = 0; first < plan.tiles; first += plan.each) {
      const Index count = std::min(plan.each, plan.tiles - first);
      const Pieces pieces(count, 8);
      pool.run(pieces.pieces, [&](int i) {
        for (Index t = pieces.begin(i); t < pieces.end(i); ++t) transform(first + t, first + pieces.end(i), v, dm, t);
      });
      pool.run(static_cast<int>(points), [&](int point) { accumulate(plan, point, v, dm, sums, count, first != 0); });
    }
  }
  const Pieces pieces(plan.out, 8);
  pool.run(pieces.pieces, [&](int piece) {
    for (Index o = pieces.begin(piece); o < pieces.end(piece); ++o) {
      for (Index k = 0; k < plan.in; k += lanes) {
        auto total = [&](Index i, Index j) {
          const float* at = sums + (i * tile + j) * plan.plane() + o * plan.in + k;
          Vec sum = load(at);
          for (Index part = 1; part < plan.parts; ++part) sum += load(at + part * plan.weights());
          return sum;
        };
        both_sides<tile, taps, weight_gradient_side>(total, [&](Index i, Index j, Vec v) { store(dw + (o * taps * taps + i * taps + j) * plan.in + k, v); });
      }
    }
  });
}

}  // namespace bnlab::winograd
