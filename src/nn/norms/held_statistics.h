// Batch normalization by statistics that were measured on a reference batch and are constants until measured again:
// the forward map of batch_norm without batch noise and without any derivative through the statistics.
#pragma once

#include "nn/norms/column_norm.h"

namespace bnlab {

template <class T>
class HeldStatistics : public ColumnNorm<T> {
 public:
  void describe(Fields& f) override {
    this->affine_.describe(f);
    f.number("epsilon", this->epsilon_, at_least(0), "added to the variance");
    f.integer("reference_size", reference_size_, at_least(2), "training samples the statistics are measured on");
  }
  Calibration calibration() const override { return {reference_size_, 0}; }
  bool cancels_bias() const override { return false; }
  bool takes_moments() const override { return false; }
  std::string refuses(Shape) const override { return ""; }

 protected:
  bool constant(Mode mode) const override { return mode != Mode::calibrate; }
  int64_t reference_size_ = 1024;
};

}  // namespace bnlab
