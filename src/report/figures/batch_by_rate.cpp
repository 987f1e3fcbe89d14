// batch_by_rate: the final score by batch size and learning rate, a map a method.
#include "report/figures/heat_maps.h"

namespace bnlab {

bool draw_batch_by_rate(Evidence& evidence, Figure& figure) {
  return draw_heat_map(evidence, {"train.batch_size", "train.learning_rate", "batch size", "learning rate"}, figure);
}

}  // namespace bnlab
