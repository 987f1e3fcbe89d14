#include "train/train_config.h"

#include <algorithm>
#include <cmath>

#include "nn/catalogs.h"
#include "train/schedule.h"

namespace bnlab {

void TrainConfig::describe(Fields& f) {
  f.integer("steps", steps, between(0, 1e12), "updates");
  f.number("epochs", epochs, between(0, 1e9), "passes over the training samples, in place of steps; 0: as steps say");
  f.integer("batch_size", batch_size, between(1, 1 << 24), "samples to a batch; the remainder of an epoch is left out");
  f.number("learning_rate", learning_rate, at_least(0), "base rate");
  f.component("schedule", schedule, schedules(), "factor of the base rate over the steps");
  f.number("momentum", momentum, from_below(0, 1), "v <- momentum v + g");
  f.boolean("nesterov", nesterov, "look ahead along the momentum");
  f.number("weight_decay", weight_decay, at_least(0), "adds weight_decay * w to the gradient (coupled)");
  f.boolean("decay_norms_and_biases", decay_norms_and_biases, "does weight decay reach gains, shifts and biases?");
  f.number("gradient_clip", gradient_clip, at_least(0), "largest l2 norm of the whole gradient; 0: no clipping");
  f.group("adaptive_clip", "clipping row by row of the weights (lambda, epsilon); lambda 0: none", [&](Fields& g) { adaptive_clip.describe(g); });
  f.component("loss", loss, losses<float>(), "what is minimized");
  size_t count = groups.size();
  f.list("groups", "factors for parameters by name; the first match counts", count, [&](Fields& item, size_t i) {
    if (i >= groups.size()) groups.resize(i + 1);
    item.text("match", groups[i].match, "pattern of parameter names, such as \"*/gamma\"");
    item.number("learning_rate", groups[i].learning_rate, at_least(0), "factor of the learning rate");
    item.number("weight_decay", groups[i].weight_decay, at_least(0), "factor of the weight decay");
  });
  groups.resize(count);
  f.integer("log_every", log_every, at_least(1), "steps between rows of train.csv");
}

void TrainConfig::count_steps(int64_t samples) {
  if (epochs == 0) return;
  steps = std::max<int64_t>(1, std::llround(epochs * static_cast<double>(samples / batch_size)));
}

}  // namespace bnlab
