// The loss as a function of what enters or leaves one unit of a norm, all else at the point: its curvature along a
// direction d over the rows of the batch,
//   d^T (d2L/dq dq) d,   q = y of the unit (the statistics follow it) or its z (they do not),
// by central differences of dL/dq in double, 1e-5 of q's spread apart. Every kink above keeps the side on which it is at
// the point. Other layers that read y do not see it move.
#pragma once

#include "probes/loss_oracle.h"
#include "probes/norm_terms.h"

namespace bnlab {

using Column = std::vector<double>;

inline Column column(View<const double> x, Index unit) {
  Column out(static_cast<size_t>(x.rows()));
  for (Index r = 0; r < x.rows(); ++r) out[static_cast<size_t>(r)] = x.at(r, unit);
  return out;
}

// A tensor with memory of its own.
struct OwnTensor {
  std::vector<double> memory;
  View<double> like(Shape shape) {
    memory.resize(static_cast<size_t>(shape.size()));
    return {memory.data(), shape};
  }
};

// A norm after a pass at the point: the network's input x, y and z on its two sides, g = dL/dz.
struct NormSite {
  int node;
  View<const double> x, y, z, g;
  std::vector<NormTerms> units;
};

class NormCurvature {
 public:
  // point: the workspace of that pass, for the pattern of kinks. moved: a pass at the same point over another one.
  NormCurvature(LossOracle<double>& oracle, const Workspace<double>& point, const Pass<double>& moved, const NormSite& site)
      : oracle_(oracle), moved_(moved), site_(site), node_(oracle.network().nodes()[static_cast<size_t>(site.node)]), z_(oracle.network().output_of(moved.ws, site.node, site.x.shape.n)) {
    moved_.pattern = &point;
  }
  double of_input(Index unit, const Column& d) { return along(unit, d, std::sqrt(site_.units[static_cast<size_t>(unit)].variance), true); }
  double of_output(Index unit, const Column& d) { return along(unit, d, rms(column(site_.z, unit)), false); }
  int64_t passes() const { return passes_; }  // forward and back, each from the norm up

 private:
  static double rms(const Column& x) { return norm(x) / std::sqrt(static_cast<double>(x.size())); }
  double along(Index unit, const Column& d, double spread, bool input) {
    const double size = rms(d);
    if (size == 0 || spread == 0) return 0;
    const double step = 1e-5 * spread / size;
    return (slope(unit, d, step, input) - slope(unit, d, -step, input)) / (2 * step);
  }

  // <dL/dq, d> at q + step d
  double slope(Index unit, const Column& d, double step, bool input) {
    const Network<double>& network = oracle_.network();
    const View<double> y = y_.like(site_.y.shape), q = input ? y : z_;
    std::copy_n(site_.y.data, site_.y.size(), y.data);
    std::copy_n(site_.z.data, site_.z.size(), z_.data);
    for (Index r = 0; r < q.rows(); ++r) q.at(r, unit) += step * d[static_cast<size_t>(r)];
    if (input) node_.layer->forward(moved_, y, z_);
    network.forward(moved_, site_.x, site_.node + 1);
    oracle_.turn(moved_.ws);
    network.backward(moved_, site_.x, site_.node + 1);
    ++passes_;
    View<double> dq = moved_.ws.first(node_.gradient, site_.x.shape.n);
    if (input) {
      node_.layer->backward(moved_, y, z_, dq, dy_.like(site_.y.shape));
      dq = dy_.like(site_.y.shape);
    }
    return dot(column(dq, unit), d);
  }

  LossOracle<double>& oracle_;
  Pass<double> moved_;
  const NormSite& site_;
  const Node<double>& node_;
  View<double> z_;
  OwnTensor y_, dy_;
  int64_t passes_ = 0;
};

}  // namespace bnlab
