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

// The court's interval for a mean: Student's, with the end on the side of the long tail moved outwards, never inwards, by
//   s |G| (2 t^2 + 1) / (6 n),   G = sqrt(n (n-1)) / (n-2) * sum (x - mean)^3 / n / (sum (x - mean)^2 / n)^(3/2),
// the first-order effect of skewness on t: Johnson's (1978) modified t, sqrt(n) / s ((mean - mu) + s G / (6 n) + G / (3 s)
// (mean - mu)^2), solved for mu to first order in G. Not moving the other end keeps it covering for symmetric heavy tails. A mean
// of values that are not all finite has nan ends.
Interval mean_interval(const std::vector<double>& values, double confidence = 0.95);

// The median between order statistics x(d) and x(n + 1 - d), which cover it with 1 - 2 P(Binomial(n, 1/2) < d) whatever the
// distribution, interpolated to the confidence between d and d + 1 (Hettmansperger & Sheather 1986). Values may be infinite.
// Where not even the range covers as much, the range: 93.75 % for 5 values, 87.5 % for 4, 75 % for 3, 50 % for 2.
Interval median_interval(std::vector<double> values, double confidence = 0.95);

}  // namespace bnlab
