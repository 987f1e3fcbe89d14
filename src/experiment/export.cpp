#include "experiment/export.h"

#include "core/files.h"
#include "core/safetensors.h"

namespace bnlab {

template <class T>
void export_parameters(const std::string& directory, const std::string& name, const Workspace<T>& ws) {
  std::vector<TensorRef> tensors;
  for (const auto* list : {&ws.plan().parameters, &ws.plan().state}) {
    for (const auto& entry : *list) tensors.push_back(tensor_ref<T>(entry.name, extents(entry.slot.shape), ws[entry.slot].data));
  }
  make_directories(directory + "/export");
  write_safetensors(directory + "/export/" + name + ".safetensors", tensors, {{"format", "bnlab"}}, OnDisk::later);
}

template <class T>
void export_gradients(const std::string& directory, Trainer<T>& trainer) {
  Workspace<T>& ws = trainer.workspace();
  trainer.calibrate();
  const std::vector<T> state(ws.state().data, ws.state().data + ws.state().size());
  const Batch<T> batch = trainer.batches().at(trainer.step());
  const double loss = trainer.gradients(batch);
  std::vector<TensorRef> tensors;
  for (const auto& entry : ws.plan().parameters) tensors.push_back(tensor_ref<T>(entry.name, extents(entry.slot.shape), ws.gradient(entry.slot)));
  tensors.push_back(tensor_ref<T>("batch/x", {batch.n(), batch.x.shape.h, batch.x.shape.w, batch.x.c()}, batch.x.data));
  if (batch.labels) tensors.push_back(tensor_ref<int32_t>("batch/labels", {batch.n()}, batch.labels));
  if (batch.targets) tensors.push_back(tensor_ref<T>("batch/targets", {batch.n(), batch.targets.c()}, batch.targets.data));
  const auto last = static_cast<int>(trainer.network().nodes().size()) - 1;
  const View<T> output = trainer.network().output_of(ws, last, batch.n());
  tensors.push_back(tensor_ref<T>("batch/output", {batch.n(), output.c()}, output.data));
  tensors.push_back(tensor_ref<double>("batch/loss", {1}, &loss));
  make_directories(directory + "/export");
  write_safetensors(directory + "/export/gradients.safetensors", tensors, {{"format", "bnlab"}}, OnDisk::later);
  std::copy(state.begin(), state.end(), ws.state().data);
}

template void export_parameters(const std::string&, const std::string&, const Workspace<float>&);
template void export_parameters(const std::string&, const std::string&, const Workspace<double>&);
template void export_gradients(const std::string&, Trainer<float>&);
template void export_gradients(const std::string&, Trainer<double>&);

}  // namespace bnlab
