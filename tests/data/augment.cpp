// Crops and mirror images: what they do to one image, how they are drawn, and who sees them.
#include "data/augment.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <map>

#include "core/error.h"
#include "data/batches.h"

using namespace bnlab;

namespace {

using Bytes = std::vector<uint8_t>;

// Slow and obvious: the padded image is made, the crop is cut out of it, the mirror image is taken.
Bytes twin(const Bytes& in, Shape s, Index p, const Augment::Draw& draw) {
  const Index height = s.h + 2 * p, width = s.w + 2 * p;
  Bytes padded(static_cast<size_t>(height * width * s.c), 0), out(in.size());
  auto at = [&](Bytes& image, Index w, Index y, Index x, Index c) -> uint8_t& {
    return image[static_cast<size_t>((y * w + x) * s.c + c)];
  };
  Bytes whole = in;
  for (Index y = 0; y < s.h; ++y) {
    for (Index x = 0; x < s.w; ++x) {
      for (Index c = 0; c < s.c; ++c) at(padded, width, y + p, x + p, c) = at(whole, s.w, y, x, c);
    }
  }
  for (Index y = 0; y < s.h; ++y) {
    for (Index x = 0; x < s.w; ++x) {
      for (Index c = 0; c < s.c; ++c) {
        at(out, s.w, y, draw.flip ? s.w - 1 - x : x, c) = at(padded, width, y + p + draw.down, x + p + draw.right, c);
      }
    }
  }
  return out;
}

// `size` images, every byte of which is another one for a while, never 0: black is what came in.
Dataset images(Index size, Shape sample, const AugmentConfig& augment = {}) {
  Dataset data;
  data.name = "images", data.sample = sample, data.outputs = 10, data.augment = augment;
  data.train.size = size;
  for (Index i = 0; i < size; ++i) {
    for (Index k = 0; k < sample.size(); ++k)
      data.train.bytes.push_back(static_cast<uint8_t>(1 + (i * 31 + k * 7) % 255));
    data.train.labels.push_back(static_cast<int32_t>(i % 10));
  }
  for (Index k = 0; k < sample.size(); ++k) {  // per feature, so that the place decides
    data.scale.push_back(0.5f + static_cast<float>(k % 5));
    data.offset.push_back(static_cast<float>(k % 3) - 1);
  }
  return data;
}

template <class T>
std::vector<T> values(const Batch<T>& batch) {
  return {batch.x.data, batch.x.data + batch.x.size()};
}
template <class T>
std::vector<int32_t> labels(const Batch<T>& batch) {
  return {batch.labels, batch.labels + batch.n()};
}

}  // namespace

TEST_CASE("an image of 2 x 3 is shifted and mirrored as on paper", "[data][augment]") {
  const Augment augment({true, 1}, {1, 2, 3, 2}, 0);
  const Bytes in{1, 2, 3, 4, 5, 6, /**/ 7, 8, 9, 10, 11, 12};
  auto out = [&](Augment::Draw draw) {
    Bytes bytes(in.size(), 99);
    augment.apply(draw, in.data(), bytes.data());
    return bytes;
  };
  CHECK(out({0, 0, false}) == in);
  CHECK(out({0, 0, true}) == Bytes{5, 6, 3, 4, 1, 2, /**/ 11, 12, 9, 10, 7, 8});
  CHECK(out({1, 0, false}) == Bytes{7, 8, 9, 10, 11, 12, /**/ 0, 0, 0, 0, 0, 0});
  CHECK(out({0, -1, false}) == Bytes{0, 0, 1, 2, 3, 4, /**/ 0, 0, 7, 8, 9, 10});
  CHECK(out({-1, 1, true}) == Bytes{0, 0, 0, 0, 0, 0, /**/ 0, 0, 5, 6, 3, 4});
}

TEST_CASE("every crop and mirror image is that of the slow twin", "[data][augment]") {
  for (const Shape sample : {Shape{1, 5, 4, 1}, Shape{1, 4, 7, 3}, Shape{1, 6, 6, 4}}) {
    for (const Index p : {0, 1, 3}) {
      const Augment augment({true, p}, sample, 0);
      const Bytes in = images(1, sample).train.bytes;
      for (Index down = -p; down <= p; ++down) {
        for (Index right = -p; right <= p; ++right) {
          for (const bool flip : {false, true}) {
            Bytes out(in.size(), 99);
            augment.apply({down, right, flip}, in.data(), out.data());
            REQUIRE(out == twin(in, sample, p, {down, right, flip}));
          }
        }
      }
    }
  }
}

TEST_CASE("all crops are drawn equally often, and half of each kind mirrored", "[data][augment]") {
  const Index p = 2, batch = 250;
  const Augment augment({true, p}, {1, 8, 8, 1}, 7);
  std::map<std::tuple<Index, Index, bool>, double> count;
  const double steps = 200, draws = steps * static_cast<double>(batch), kinds = 2 * 25;
  for (int64_t step = 0; step < 200; ++step) {
    for (Index i = 0; i < batch; ++i) {
      const auto draw = augment.draw(step, i);
      ++count[{draw.down, draw.right, draw.flip}];
    }
  }
  REQUIRE(count.size() == 50);  // none outside -p .. p, none left out
  double chi = 0;
  for (const auto& [kind, n] : count) chi += std::pow(n - draws / kinds, 2) / (draws / kinds);
  CHECK(std::abs(chi - 49) < 5 * std::sqrt(2 * 49.0));  // chi squared of 49 degrees of freedom
}

TEST_CASE("draws are of the seed, the step and the place in the batch; what is not asked for is not done",
          "[data][augment]") {
  const Shape sample{1, 8, 8, 1};
  const Augment augment({true, 4}, sample, 7), again({true, 4}, sample, 7), other({true, 4}, sample, 8),
      crop({false, 4}, sample, 7), flip({true, 0}, sample, 7);
  auto same = [](const Augment::Draw& a, const Augment::Draw& b) {
    return a.down == b.down && a.right == b.right && a.flip == b.flip;
  };
  int others = 0, steps = 0, places = 0, flipped = 0;
  for (int64_t step = 99; step >= 0; --step) {
    const auto draw = augment.draw(step, 3);
    CHECK(same(draw, again.draw(step, 3)));
    others += !same(draw, other.draw(step, 3));
    steps += !same(draw, augment.draw(step + 1, 3));
    places += !same(draw, augment.draw(step, 4));
    // each is drawn whether or not the other is wanted
    CHECK(same(crop.draw(step, 3), {draw.down, draw.right, false}));
    CHECK(same(flip.draw(step, 3), {0, 0, draw.flip}));
    flipped += draw.flip;
  }
  for (const int differ : {others, steps, places}) CHECK(differ > 80);
  CHECK((flipped > 25 && flipped < 75));
}

TEST_CASE("training batches are augmented, in the order they have without; what range and sample give is not",
          "[data][augment]") {
  const Shape sample{1, 6, 5, 3};
  const AugmentConfig config{true, 2};
  const Dataset data = images(60, sample, config);
  Batches<double> plain(data, data.train, 12, 1), batches(data, data.train, 12, 1, config);
  const Augment augment(config, sample, 1);
  const Stream stream(9, "probe");
  for (const int64_t step : {0, 7, 3, 12, 3}) {
    const auto before = values(plain.at(step));
    const auto expected_labels = labels(plain.at(step));
    const Batch<double> batch = batches.at(step);
    CHECK(labels(batch) == expected_labels);
    bool all = true;
    for (Index i = 0; i < 12; ++i) {
      Bytes raw;  // as it is in the file
      for (Index k = 0; k < sample.size(); ++k) {
        const auto at = static_cast<size_t>(k);
        const double value = before[static_cast<size_t>(i * sample.size() + k)];
        raw.push_back(static_cast<uint8_t>(
            std::lround((value - static_cast<double>(data.offset[at])) / static_cast<double>(data.scale[at]))));
      }
      const Bytes out = twin(raw, sample, config.crop_padding, augment.draw(step, i));
      for (Index k = 0; k < sample.size(); ++k) {  // black is the raw 0, standardized like everything else
        const auto at = static_cast<size_t>(k);
        all &= batch.x[i * sample.size() + k] == static_cast<double>(out[at]) * static_cast<double>(data.scale[at]) +
                                                     static_cast<double>(data.offset[at]);
      }
    }
    CHECK(all);
    CHECK(values(batches.range(3, 20)) == values(plain.range(3, 20)));
    CHECK(values(batches.sample(stream, 20)) == values(plain.sample(stream, 20)));
  }
}

TEST_CASE("a step has its augmented batch whenever it is asked for", "[data][augment]") {
  const AugmentConfig config{true, 2};
  const Dataset data = images(60, {1, 6, 5, 3}, config);
  Batches<float> in_order(data, data.train, 12, 1, config), resumed(data, data.train, 12, 1, config);
  std::vector<std::vector<float>> steps;
  for (int64_t step = 0; step < 12; ++step) steps.push_back(values(in_order.at(step)));
  for (const int64_t step : {11, 5, 6, 0}) CHECK(values(resumed.at(step)) == steps[static_cast<size_t>(step)]);
}
