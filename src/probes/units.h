// Empirical distributions of the units (channels) of a tensor, over its rows (samples x space), and how far two of them are
// apart.
#pragma once

#include <vector>

#include "core/archive.h"
#include "core/pool.h"
#include "tensor/shape.h"

namespace bnlab {

struct Units {
  Index rows = 0, count = 0;
  std::vector<float> sorted;  // count x rows, each unit ascending
  std::vector<double> mean, variance, skewness;
  bool empty() const { return count == 0; }
  void archive(Archive& archive) {
    int64_t sizes[2] = {rows, count};
    archive.tensor("sizes", {2}, sizes);
    rows = sizes[0], count = sizes[1];
    archive.list("sorted", sorted);
    archive.list("mean", mean), archive.list("variance", variance), archive.list("skewness", skewness);
    const auto units = static_cast<size_t>(count);
    const bool fits = rows >= 0 && count >= 0 && mean.size() == units && variance.size() == units && skewness.size() == units;
    archive.require(fits && (units == 0 ? sorted.empty() : sorted.size() % units == 0 && sorted.size() / units == static_cast<size_t>(rows)), "sizes that do not fit");
  }
};

// At most max_rows rows, evenly spaced.
template <class T>
Units gather(Pool& pool, View<const T> x, Index max_rows);

double quantile_of(const Units& units, Index u, double p);

struct Shift {
  double moment, scale, w1, w1_std;
};

// See kinds/distribution.cpp for the formulas.
Shift shift(const Units& now, const Units& then);

}  // namespace bnlab
