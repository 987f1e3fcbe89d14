// The least-squares slope of y against x: sum (x - mean x)(y - mean y) / sum (x - mean x)^2.
#pragma once

#include <vector>

namespace bnlab {

enum class Log { none, x, y, xy };  // of which the natural logarithm is taken first

// nan below 2 points, where all x are equal, where a point is not finite, and where a logarithm is taken of what is not above 0.
double slope(std::vector<double> x, std::vector<double> y, Log log = Log::none);

}  // namespace bnlab
