#include "train/evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bnlab {

template <class T>
Evaluation<T>::Evaluation(const ModelConfig& model, const Dataset& data, const Loss<T>& loss, Index batch, uint64_t seed, Pool& pool)
    : data_(data), loss_(loss), replica_(model, data, batch, false, seed, pool, Keep::needed), seed_(seed) {}

template <class T>
void Evaluation<T>::recalibrate(int64_t batches) {
  replica_.network().begin_calibration(replica_.ws());
  Batches<T> training(data_, data_.train, std::min(replica_.batch(), data_.train.size), seed_);
  for (int64_t i = 0; i < std::min(batches, training.per_epoch()); ++i) replica_.forward(Mode::calibrate, training.at(i).x);
}

template <class T>
Score Evaluation<T>::score(const Split& split, Mode mode, Index limit) {
  const Index size = limit > 0 ? std::min(limit, split.size) : split.size;
  const Index each = std::min(replica_.batch(), size);
  Batches<T> batches(data_, split, std::max<Index>(1, each), seed_);
  Score score;
  Index correct = 0;
  for (Index begin = 0; begin < size; begin += each) {
    const Index count = std::min(each, size - begin);
    if (count < each && mode != Mode::evaluate) break;
    const Batch<T> batch = batches.range(begin, count);
    const View<T> out = replica_.forward(mode, batch.x);
    score.loss += loss_(out, batch, {}) * (loss_.sums() ? 1 : static_cast<double>(count));
    score.samples += count;
    for (Index r = 0; batch.labels && r < count; ++r) {
      correct += std::max_element(out.row(r), out.row(r) + out.c()) - out.row(r) == batch.labels[r];
    }
  }
  const auto n = static_cast<double>(score.samples);
  if (!loss_.sums()) score.loss /= n;
  const bool predicts = data_.classes && !std::isnan(score.loss);  // outputs that are no numbers are not the first class
  score.accuracy = predicts ? static_cast<double>(correct) / n : std::numeric_limits<double>::quiet_NaN();
  return score;
}

template class Evaluation<float>;
template class Evaluation<double>;

}  // namespace bnlab
