// Directions in parameter space, drawn and measured tensor by tensor.
#pragma once

#include "probes/loss_oracle.h"

namespace bnlab {

// z ~ N(0, I), gaps 0. Each tensor has a stream of its own, "probe/<purpose>/<name of the tensor>": what is drawn for it
// depends on the seed, the step and its name alone, not on what else the network has.
template <class T>
Vector<T> isotropic(const Plan& plan, uint64_t seed, const std::string& purpose, int64_t step);

// The l2 norm of v within each tensor of parameters.
template <class T>
std::vector<double> tensor_norms(const Plan& plan, const Vector<T>& v);

}  // namespace bnlab
