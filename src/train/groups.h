// What train.groups and train.decay_norms_and_biases make of the learning rate and the weight decay of one parameter.
#pragma once

#include <optional>

#include "tensor/workspace.h"
#include "train/train_config.h"

namespace bnlab {

struct ParameterRates {
  double learning_rate = 1;      // factor of the step's rate
  double weight_decay = 0;       // as it is added to the gradient
  std::optional<size_t> group;   // the first that matches
};
ParameterRates rates_of(const TrainConfig& config, const NamedSlot& parameter);

}  // namespace bnlab
