// The section "train" of a config.
#pragma once

#include "core/fields.h"
#include "train/adaptive_clip.h"

namespace bnlab {

// Parameters whose names match get their own factors, e.g. {"match": "*/gamma", "learning_rate": 0.1}.
struct GroupConfig {
  std::string match = "*";
  double learning_rate = 1, weight_decay = 1;
};

struct TrainConfig {
  int64_t steps = 1000, batch_size = 128, log_every = 10;
  double epochs = 0;  // above 0: steps is what they come to, once the data is there
  double learning_rate = 0.1, momentum = 0, weight_decay = 0, gradient_clip = 0;
  bool nesterov = false, decay_norms_and_biases = true;
  AdaptiveClipConfig adaptive_clip;
  Choice schedule{"constant", "{}"};
  Choice loss{"softmax_cross_entropy", "{}"};
  std::vector<GroupConfig> groups;
  void describe(Fields& f);
  // Where epochs were asked for, steps becomes epochs * (whole batches of `samples`), rounded, at least 1.
  void count_steps(int64_t samples);
};

}  // namespace bnlab
