// Initial weights: `weight` is out x in, row-major.
#pragma once

#include "core/fields.h"
#include "core/rng.h"
#include "tensor/shape.h"

namespace bnlab {

class Initializer : public Component {
 public:
  virtual void fill(const Stream& stream, double* weight, Index out, Index in) const = 0;
};

// Zero mean and the given standard deviation, drawn from "normal" or "uniform".
void fill_with(const std::string& distribution, const Stream& stream, double standard_deviation, double* weight, Index count);

}  // namespace bnlab
