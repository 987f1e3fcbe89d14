// Batches of a split: shuffled anew each epoch, addressed by step, so resuming needs no state.
#pragma once

#include <optional>

#include "core/rng.h"
#include "data/augment.h"
#include "data/dataset.h"
#include "nn/loss.h"

namespace bnlab {

template <class T>
class Batches {
 public:
  // Training order of (seed, "batches"): epoch e is a permutation of its own; a remainder smaller than a batch is left out.
  // `augment` changes what at() gives and nothing else; only whoever trains asks for it.
  Batches(const Dataset& data, const Split& split, Index batch_size, uint64_t seed, const AugmentConfig& augment = {});

  // The batch of a training step. Valid until the next call.
  Batch<T> at(int64_t step);
  // Samples begin .. begin + count - 1 in the order of the split.
  Batch<T> range(Index begin, Index count);
  // The first `count` samples of a fixed random order (probes, reference batches).
  Batch<T> sample(const Stream& stream, Index count);

  Index batch_size() const { return batch_size_; }
  int64_t per_epoch() const { return split_.size / batch_size_; }
  Index size() const { return split_.size; }

 private:
  // `augmented`: the step whose draws are applied
  Batch<T> gather(const uint32_t* order, Index count, std::optional<int64_t> augmented = {});
  void reserve(Index count);
  const Dataset& data_;
  const Split& split_;
  Index batch_size_;
  Stream stream_;
  Augment augment_;
  int64_t epoch_ = -1;
  std::vector<uint32_t> order_;
  std::vector<T> x_, targets_, scale_, offset_;
  std::vector<int32_t> labels_;
  std::vector<uint8_t> image_;  // one image, augmented, on its way to x_
};

}  // namespace bnlab
