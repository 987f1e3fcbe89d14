// The section "model" of a config: which wiring, of which materials.
#pragma once

#include "model/builder.h"

namespace bnlab {

template <class T>
class Model : public Component {
 public:
  virtual void build(Builder<T>& b) const = 0;
};

template <class T>
const Catalog& models();

struct ModelConfig {
  Choice model{"mlp", "{}"};
  Materials materials;
  void describe(Fields& f);
};

// A network for inputs of up to input.n samples; layouts of parameters and state do not depend on n.
template <class T>
Network<T> build_network(const ModelConfig& config, Shape input, Index outputs, Keep keep = Keep::all);

}  // namespace bnlab
