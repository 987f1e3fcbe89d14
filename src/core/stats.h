// Small statistics of plain numbers.
#pragma once

#include <vector>

namespace bnlab {

double mean(const std::vector<double>& values);
// Linear interpolation between order statistics (type 7, numpy's default). `values` need not be sorted.
double quantile(std::vector<double> values, double q);
double median(std::vector<double> values);

}  // namespace bnlab
