// depth_by_method: the final score by depth and by what the network is normalized, or scaled, with.
#include "report/figures/heat_maps.h"

namespace bnlab {

bool draw_depth_by_method(Evidence& evidence, Figure& figure) {
  for (const char* path : {"model.depth", "model.blocks"}) {
    if (draw_heat_map(evidence, {path, "method", "depth", "method"}, figure)) return true;
  }
  return false;
}

}  // namespace bnlab
