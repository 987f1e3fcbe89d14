// What theory says of the second moments at the joins of a residual network at initialization, from what its first weight
// layer gives on (De & Smith 2020; Brock, De & Smith 2021; Shao et al. 2020). A tensor is known by its moments (moments.h);
// E over the draw of the weights, wide layers, g^2 = fan-in times the mean square of a layer's weights:
//   weight, plain                         g^2 second,   g^2 variance,   g^2 mean2
//   weight, scaled_weight_standardization k^2 variance,  mean2 = 0, where all channels have one mean; k^2 = |row of w|^2
//   batch_norm, statistics of the batch   variance = gamma^2,  mean2 = 0
//   ReLU of what is symmetric about 0     second / 2; where channels have mean 0 and are Gaussian,
//                                         variance (1 - 1/pi) / 2,  mean2 = variance / (2 pi)
//   join a skip + b branch                a^2 of the skip's + b^2 of the branch's: signs of weights are independent
//   factors that a scaling puts before a branch, and shortcuts that pad with zeros, multiply all three.
// Anything else (other norms, activations, weights, pooling, dropout) has no theory here, and says so. Borders of padded
// convolutions are left out: small images have a few percent less.
#pragma once

#include <string>
#include <vector>

#include "model/model.h"
#include "probes/moments.h"

namespace bnlab {

struct Expected {
  double second = 0, variance = 0, mean2 = 0;
  bool split = false;      // are variance and mean2 known?
  bool symmetric = false;  // about 0, over the draw of the weights
  bool one_mean = false;   // do all channels have the same mean?
  std::string why{};       // why nothing is known, or ""
};

// For each node, of a network at initialization over which a pass with the batch's statistics went.
template <class T>
std::vector<Expected> expected_at_start(const Network<T>& network, const Materials& materials, const Workspace<T>& ws, View<const T> x, Pool& pool);

}  // namespace bnlab
