// Loss and accuracy over a split, in a named treatment of the batch statistics:
//   running       running statistics, as in deployment (Mode::evaluate)
//   batch         statistics of each evaluation batch (Mode::batch_statistics)
//   recalibrated  running statistics measured afresh as the plain average over training batches (Mode::calibrate)
#pragma once

#include "train/replica.h"

namespace bnlab {

struct Score {
  double loss = 0, accuracy = 0;  // accuracy is nan where nothing is classified
  Index samples = 0;
};

template <class T>
class Evaluation {
 public:
  Evaluation(const ModelConfig& model, const Dataset& data, const Loss<T>& loss, Index batch, uint64_t seed, Pool& pool);

  void copy(const Workspace<T>& from) { replica_.copy(from); }
  // Forgets the running statistics and measures them over `batches` training batches.
  void recalibrate(int64_t batches);
  // The first `limit` samples of the split (0: all). A remainder smaller than a batch is scored in running mode only.
  Score score(const Split& split, Mode mode, Index limit = 0);

 private:
  const Dataset& data_;
  const Loss<T>& loss_;
  Replica<T> replica_;
  uint64_t seed_;
};

}  // namespace bnlab
