// What heat maps have in common: the mean of a score in cells of two settings.
#pragma once

#include "report/chart.h"

namespace bnlab {

struct HeatMap {
  std::string x, y;  // paths of the config; y may be "method"
  std::string x_title, y_title;
};
// False where the runs do not vary in both.
bool draw_heat_map(Evidence& evidence, const HeatMap& map, Figure& figure);

// What tells the methods of an experiment apart, apart from the given paths: "batch_norm", "skip_init, alpha one", ...
std::vector<std::string> methods_of(const Evidence& evidence, const std::vector<std::string>& apart);

}  // namespace bnlab
