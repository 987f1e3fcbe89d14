// Files for comparing a run with another framework, step by step.
#pragma once

#include "train/trainer.h"

namespace bnlab {

// export/<name>.safetensors: all parameters and state, by name; weights are out x in.
template <class T>
void export_parameters(const std::string& directory, const std::string& name, const Workspace<T>& ws);

// export/gradients.safetensors: the gradients of step 0 by parameter name, with "batch/x", "batch/labels" or
// "batch/targets", "batch/output" and "batch/loss". The trainer's state is as it was afterwards.
template <class T>
void export_gradients(const std::string& directory, Trainer<T>& trainer);

}  // namespace bnlab
