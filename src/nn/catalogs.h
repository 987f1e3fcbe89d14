// The tables of src/nn: everything a config may name there.
#pragma once

#include <memory>

#include "core/fields.h"
#include "nn/initializer.h"
#include "nn/layer.h"
#include "nn/loss.h"
#include "nn/scaling.h"
#include "nn/weights.h"

namespace bnlab {

template <class T>
const Catalog& norms();
template <class T>
const Catalog& activations();
template <class T>
const Catalog& losses();
template <class T>
const Catalog& weight_maps();
template <class T>
const Catalog& scalings();
const Catalog& initializers();

}  // namespace bnlab
