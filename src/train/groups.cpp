#include "train/groups.h"

#include "core/text.h"

namespace bnlab {

ParameterRates rates_of(const TrainConfig& config, const NamedSlot& parameter) {
  ParameterRates rates{1, config.weight_decay, {}};
  if (!config.decay_norms_and_biases && parameter.role != Role::weight) rates.weight_decay = 0;
  for (size_t g = 0; g < config.groups.size() && !rates.group; ++g) {
    if (!matches(config.groups[g].match, parameter.name)) continue;
    rates.group = g;
    rates.learning_rate *= config.groups[g].learning_rate;
    rates.weight_decay *= config.groups[g].weight_decay;
  }
  return rates;
}

}  // namespace bnlab
