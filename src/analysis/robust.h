// Centres that a few odd runs do not move. The median is in core/stats.h.
#pragma once

#include <vector>

namespace bnlab {

// The mean of what is left when floor(n / 4) values are cut off at either end, as Agarwal et al. (2021) report it. Infinite
// values that are cut off do no harm. nan of nothing.
double interquartile_mean(std::vector<double> values);

}  // namespace bnlab
