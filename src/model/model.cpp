#include "model/model.h"

#include "core/error.h"

namespace bnlab {

void ModelConfig::describe(Fields& f) {
  f.select(model, models<float>(), "the wiring");
  materials.describe(f);
}

template <class T>
Network<T> build_network(const ModelConfig& config, Shape input, Index outputs, Keep keep) {
  Builder<T> builder(input, outputs, config.materials);
  make_as<Model<T>>(models<T>(), config.model)->build(builder);
  return builder.finish(keep);
}

template Network<float> build_network(const ModelConfig&, Shape, Index, Keep);
template Network<double> build_network(const ModelConfig&, Shape, Index, Keep);

}  // namespace bnlab
