// What makes one number of a series. v: values of all rows; m(t): their mean at step t, where several rows share a step.
#pragma once

#include "analysis/series.h"

namespace bnlab {

struct Reducer {
  std::string name, number;  // what its second argument is; "" where it takes none
  // `why` where there is no number
  double (*reduce)(const std::vector<Point>& points, double number, std::string& why);
  bool against_at = false;
};
const std::vector<Reducer>& reducers();

}  // namespace bnlab
