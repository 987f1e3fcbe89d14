// Intervals for the centre of n values, in closed form. What each covers is measured in docs/statistics.md.
#pragma once

#include <vector>

namespace bnlab {

struct Interval {
  double estimate = 0, low = 0, high = 0;
};

// All three: the point where all values are equal, nan ends below 2 values, 0 < confidence < 1.

// Student (1908): mean -+ t s / sqrt(n), t of n - 1 degrees. Exact for normal values; for skewed ones it misses on the side of
// the long tail, which n does not mend quickly.
Interval student_interval(const std::vector<double>& values, double confidence = 0.95);

// The court's interval for a mean: of Student's ends and Hall's (1992) the one farther out, on each side. Hall's transformation
// takes the skewness g out of T = sqrt(n) (mean - mu) / s: with u = T / sqrt(n),
//   (u + g u^2 / 3 + g^2 u^3 / 27) + g / (6 n)  is about  N(0, 1 / n),  and the bracket is ((1 + g u / 3)^3 - 1) / g;
// inverted at Student's quantiles instead of the normal ones. Taking the outer end makes it cover for symmetric heavy tails,
// where Hall's alone does not, and never shorter than Student's. A mean of values that are not all finite has nan ends.
Interval mean_interval(const std::vector<double>& values, double confidence = 0.95);

// The median between order statistics x(d) and x(n + 1 - d), which cover it with 1 - 2 P(Binomial(n, 1/2) < d) whatever the
// distribution, interpolated to the confidence between d and d + 1 (Hettmansperger & Sheather 1986). Values may be infinite.
// Where not even the range covers as much, the range: 93.75 % for 5 values, 87.5 % for 4, 75 % for 3, 50 % for 2.
Interval median_interval(std::vector<double> values, double confidence = 0.95);

}  // namespace bnlab
