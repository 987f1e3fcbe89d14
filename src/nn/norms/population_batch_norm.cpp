// population_batch_norm: y = gamma (x - mean) / sqrt(variance + epsilon) + beta, the statistics of a large reference
// batch, measured again every refresh_every steps
#include "nn/norms/held_statistics.h"

namespace bnlab {
namespace {

template <class T>
class Population : public HeldStatistics<T> {
 public:
  void describe(Fields& f) override {
    HeldStatistics<T>::describe(f);
    f.integer("refresh_every", refresh_every_, at_least(1), "steps between measurements");
  }
  Calibration calibration() const override { return {this->reference_size_, refresh_every_}; }

 private:
  int64_t refresh_every_ = 10;
};

}  // namespace

BNLAB_DEFINE_MAKE(norms, population_batch_norm, Population<T>)

}  // namespace bnlab
