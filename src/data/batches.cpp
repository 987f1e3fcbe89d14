#include "data/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/error.h"

namespace bnlab {
namespace {

// out = in * scale + offset, entry by entry
template <class T, class Raw>
void standardize(const Raw* __restrict in, const T* __restrict scale, const T* __restrict offset, T* __restrict out, Index n) {
  for (Index k = 0; k < n; ++k) out[k] = static_cast<T>(in[k]) * scale[k] + offset[k];
}

}  // namespace

template <class T>
Batches<T>::Batches(const Dataset& data, const Split& split, Index batch_size, uint64_t seed, const AugmentConfig& augment)
    : data_(data), split_(split), batch_size_(batch_size), stream_(seed, "batches"), augment_(augment, data.sample, seed),
      scale_(data.scale.begin(), data.scale.end()), offset_(data.offset.begin(), data.offset.end()) {
  if (batch_size > split.size) {
    throw ConfigError("train.batch_size", fmt::format("{} is more than the {} training samples", batch_size, split.size));
  }
  reserve(batch_size);
  if (augment_) image_.resize(static_cast<size_t>(data.sample.size()));
}

template <class T>
void Batches<T>::reserve(Index count) {
  const auto n = static_cast<size_t>(count);
  if (labels_.size() >= n) return;
  x_.resize(n * static_cast<size_t>(data_.sample.size()));
  labels_.resize(n);
  if (!data_.classes) targets_.resize(n * static_cast<size_t>(data_.outputs));
}

template <class T>
Batch<T> Batches<T>::at(int64_t step) {
  const int64_t epoch = step / per_epoch();
  if (epoch != epoch_) {
    epoch_ = epoch;
    // the full batch needs no order, and keeps its sums the same from step to step
    if (batch_size_ == split_.size) {
      order_.resize(static_cast<size_t>(split_.size));
      std::iota(order_.begin(), order_.end(), 0u);
    } else {
      order_ = stream_.permutation(static_cast<uint64_t>(epoch), static_cast<uint32_t>(split_.size));
    }
  }
  return gather(order_.data() + (step % per_epoch()) * batch_size_, batch_size_, step);
}

template <class T>
Batch<T> Batches<T>::range(Index begin, Index count) {
  std::vector<uint32_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), static_cast<uint32_t>(begin));
  return gather(order.data(), count);
}

template <class T>
Batch<T> Batches<T>::sample(const Stream& stream, Index count) {
  const auto order = stream.permutation(0, static_cast<uint32_t>(split_.size));
  return gather(order.data(), std::min(count, split_.size));
}

template <class T>
Batch<T> Batches<T>::gather(const uint32_t* order, Index count, std::optional<int64_t> augmented) {
  reserve(count);
  const Index entries = data_.sample.size();
  for (Index i = 0; i < count; ++i) {
    const auto at = static_cast<Index>(order[i]);
    T* out = x_.data() + i * entries;
    if (!split_.bytes.empty()) {
      const uint8_t* in = split_.bytes.data() + at * entries;
      if (augment_ && augmented) {
        augment_.apply(augment_.draw(*augmented, i), in, image_.data());
        in = image_.data();
      }
      standardize(in, scale_.data(), offset_.data(), out, entries);
    } else {
      standardize(split_.values.data() + at * entries, scale_.data(), offset_.data(), out, entries);
    }
    if (data_.classes) {
      labels_[static_cast<size_t>(i)] = split_.labels[static_cast<size_t>(at)];
    } else {
      for (Index k = 0; k < data_.outputs; ++k) {
        targets_[static_cast<size_t>(i * data_.outputs + k)] = static_cast<T>(split_.targets[static_cast<size_t>(at * data_.outputs + k)]);
      }
    }
  }
  Batch<T> batch;
  batch.x = {x_.data(), data_.sample.with_n(count)};
  if (data_.classes) {
    batch.labels = labels_.data();
  } else {
    batch.targets = {targets_.data(), {count, 1, 1, data_.outputs}};
  }
  return batch;
}

template class Batches<float>;
template class Batches<double>;

}  // namespace bnlab
