// From all that a source has to what a run learns from: subsets, label noise, standardizing.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "data/batches.h"
#include "support/image_files.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

Dataset prepare(DataConfig config) {
  std::string notice;
  return load_dataset(config, notice);
}

// 120 images of 2 x 3 whose first pixel is another in each, standing for its number.
class Numbered {
 public:
  Numbered() {
    scratch_.write("mnist/train-images-idx3-ubyte", idx_images(120, 2, 3));
    scratch_.write("mnist/train-labels-idx1-ubyte", idx_labels(120));
    scratch_.write("mnist/t10k-images-idx3-ubyte", idx_images(60, 2, 3));
    scratch_.write("mnist/t10k-labels-idx1-ubyte", idx_labels(60));
  }
  DataConfig config() const {
    DataConfig out;
    out.source = {"mnist", "{}"}, out.directory = scratch_.path(), out.standardize = "none";
    return out;
  }
  // Which of the images these are, in order.
  static std::vector<size_t> numbers(const Split& split) {
    std::vector<size_t> out;
    for (size_t i = 0; i < static_cast<size_t>(split.size); ++i) {
      for (size_t number = 0; number < 120; ++number) {
        if (split.bytes[6 * i] == number * 42 % 256) out.push_back(number);
      }
    }
    REQUIRE(out.size() == static_cast<size_t>(split.size));
    return out;
  }

 private:
  Scratch scratch_;
};

std::vector<size_t> together(std::vector<size_t> a, const std::vector<size_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  std::sort(a.begin(), a.end());
  return a;
}
bool all_different(const std::vector<size_t>& sorted) {
  return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
}

// Mean and variance of the network's inputs over the training samples: of every kinds-th entry from `kind`.
std::pair<double, double> moments(const Dataset& data, size_t kinds, size_t kind) {
  Batches<double> batches(data, data.train, data.train.size, 0);
  const Batch<double> all = batches.range(0, data.train.size);
  double sum = 0, squares = 0, count = 0;
  for (size_t i = kind; i < static_cast<size_t>(all.x.size()); i += kinds) {
    const double value = all.x[static_cast<Index>(i)];
    sum += value, squares += value * value, ++count;
  }
  return {sum / count, squares / count - sum / count * (sum / count)};
}

}  // namespace

TEST_CASE("training and validation samples are disjoint, of the sizes asked for, and keep their labels", "[data]") {
  const Numbered images;
  DataConfig config = images.config();
  config.train_size = 70, config.validation_size = 30, config.test_size = 11;
  const Dataset data = prepare(config);
  CHECK(data.train.size == 70);
  CHECK(data.validation.size == 30);
  CHECK(data.test.size == 11);
  const auto both = together(Numbered::numbers(data.train), Numbered::numbers(data.validation));
  CHECK(both.size() == 100);
  CHECK(all_different(both));
  CHECK(all_different(together(Numbered::numbers(data.test), {})));
  for (const Split* split : {&data.train, &data.validation, &data.test}) {
    const auto numbers = Numbered::numbers(*split);
    for (size_t i = 0; i < numbers.size(); ++i) {
      CHECK(split->labels[i] == static_cast<int32_t>(numbers[i] % 10));
      for (size_t k = 0; k < 6; ++k) CHECK(split->bytes[6 * i + k] == (numbers[i] * 6 + k) * 7 % 256);
    }
  }
}

TEST_CASE("without a train_size all that validation leaves is trained on", "[data]") {
  const Numbered images;
  DataConfig config = images.config();
  CHECK(prepare(config).train.size == 120);
  CHECK(prepare(config).validation.size == 0);
  CHECK(prepare(config).test.size == 60);
  config.validation_size = 30;
  const Dataset data = prepare(config);
  CHECK(data.train.size == 90);
  const auto both = together(Numbered::numbers(data.train), Numbered::numbers(data.validation));
  CHECK(both.size() == 120);
  CHECK(all_different(both));
}

TEST_CASE("split_seed alone decides the subsets; smaller ones lie in larger ones", "[data]") {
  const Numbered images;
  DataConfig config = images.config(), other = config, small = config;
  config.train_size = other.train_size = 70,
  config.validation_size = other.validation_size = small.validation_size = 30;
  small.train_size = 20;
  other.split_seed = 1;
  const auto train = Numbered::numbers(prepare(config).train),
             validation = Numbered::numbers(prepare(config).validation);
  CHECK(Numbered::numbers(prepare(config).train) == train);
  CHECK(Numbered::numbers(prepare(other).train) != train);
  CHECK(Numbered::numbers(prepare(other).validation) != validation);
  CHECK(Numbered::numbers(prepare(small).train) == std::vector<size_t>(train.begin(), train.begin() + 20));
  CHECK(Numbered::numbers(prepare(small).validation) == validation);
}

TEST_CASE("per_channel: the network's inputs have mean 0 and variance 1 in every channel", "[data]") {
  DataConfig config;
  config.source = {"textures", R"({"samples": 50, "size": 8, "channels": 3})"};
  config.train_size = 31;  // the statistics are those of what is trained on
  const Dataset data = prepare(config);
  for (size_t c = 0; c < 3; ++c) {
    INFO(c);
    CHECK(moments(data, 3, c).first == Approx(0).margin(1e-6));
    CHECK(moments(data, 3, c).second == Approx(1).epsilon(1e-5));
  }
  CHECK(std::abs(moments(data, 8 * 8 * 3, 0).first) > 1e-3);  // not in every pixel
}

TEST_CASE("per_feature: the network's inputs have mean 0 and variance 1 in every entry", "[data]") {
  DataConfig config;
  config.source = {"gaussian_mixture", R"({"samples": 200, "features": 4, "offset": 50, "condition": 1e4})"};
  config.standardize = "per_feature";
  const Dataset data = prepare(config);
  for (size_t k = 0; k < 4; ++k) {
    INFO(k);
    CHECK(moments(data, 4, k).first ==
          Approx(0).margin(1e-2));  // scale and offset are floats, and 50 is 5000 deviations
    CHECK(moments(data, 4, k).second == Approx(1).epsilon(1e-4));
  }
}

TEST_CASE("per_feature: an entry that is the same in all training samples becomes 0 everywhere", "[data]") {
  Scratch scratch;
  for (auto [name, text] : mnist_files("mnist")) {
    if (name == "mnist/train-images-idx3-ubyte") {
      for (size_t i = 0; i < 20; ++i) text[16 + 6 * i + 2] = '\x09';
    }
    scratch.write(name, text);
  }
  DataConfig config;
  config.source = {"mnist", "{}"}, config.directory = scratch.path(), config.standardize = "per_feature";
  const Dataset data = prepare(config);
  for (const Split* split :
       {&data.train, &data.test}) {  // in the test samples it varies, and says nothing all the same
    Batches<float> batches(data, *split, split->size, 0);
    const Batch<float> all = batches.range(0, split->size);
    for (Index i = 0; i < split->size; ++i) CHECK(all.x[6 * i + 2] == 0);
  }
  CHECK(moments(data, 6, 1).second == Approx(1).epsilon(1e-5));
}

TEST_CASE("none: bytes become 0..1, numbers stay", "[data]") {
  const Numbered images;
  const Dataset data = prepare(images.config());
  Batches<double> batches(data, data.train, 120, 0);
  const Batch<double> all = batches.range(0, 120);
  for (Index i = 0; i < 720; ++i)
    CHECK(all.x[i] == Approx(static_cast<double>(i * 7 % 256) / 255).epsilon(1e-6).margin(1e-12));
  DataConfig config;
  config.source = {"gaussian_mixture", R"({"samples": 20, "features": 3})"}, config.standardize = "none";
  const Dataset numbers = prepare(config);
  Batches<float> as_they_are(numbers, numbers.train, 20, 0);
  const Batch<float> x = as_they_are.range(0, 20);
  CHECK(std::equal(numbers.train.values.begin(), numbers.train.values.end(), x.x.data));
}

TEST_CASE("binarize leaves two values, cut above 127, in every split", "[data]") {
  const Numbered images;
  DataConfig config = images.config();
  config.validation_size = 10;
  const Dataset before = prepare(config);
  config.binarize = true;
  const Dataset data = prepare(config);
  const auto raw = {&before.train, &before.validation, &before.test}, cut = {&data.train, &data.validation, &data.test};
  for (auto r = raw.begin(), c = cut.begin(); r != raw.end(); ++r, ++c) {
    for (size_t k = 0; k < (*r)->bytes.size(); ++k) REQUIRE((*c)->bytes[k] == ((*r)->bytes[k] > 127 ? 255 : 0));
  }
  for (const int boundary : {127, 128})
    CHECK(std::count(before.train.bytes.begin(), before.train.bytes.end(), boundary) > 0);
}

TEST_CASE("pad_to puts every image in the middle of a black one, and its statistics stay those of the image", "[data]") {
  const Numbered images;
  DataConfig config = images.config();
  config.train_size = 70, config.validation_size = 30;
  for (const std::string kind : {"none", "per_channel", "per_feature"}) {
    INFO(kind);
    config.standardize = kind, config.pad_to = 0;
    const Dataset small = prepare(config);
    config.pad_to = 7;  // 2 x 3: two rows above, three below; two columns on either side
    const Dataset large = prepare(config);
    CHECK(large.sample == Shape{1, 7, 7, 1});
    const auto before = {&small.train, &small.validation, &small.test}, after = {&large.train, &large.validation, &large.test};
    for (auto b = before.begin(), a = after.begin(); b != before.end(); ++b, ++a) {
      REQUIRE((*a)->size == (*b)->size);
      CHECK((*a)->labels == (*b)->labels);
      Batches<double> plain(small, **b, 5, 0), framed(large, **a, 5, 0);
      const Batch<double> x = plain.range(0, (*b)->size), y = framed.range(0, (*a)->size);
      size_t wrong = 0;
      for (Index i = 0; i < (*a)->size; ++i) {
        for (Index k = 0; k < 49; ++k) {
          const Index row = k / 7 - 2, column = k % 7 - 2;
          const bool inside = row >= 0 && row < 2 && column >= 0 && column < 3;
          const double black = kind == "per_feature" ? 0 : static_cast<double>(small.offset[0]);
          wrong += y.x[49 * i + k] != (inside ? x.x[6 * i + 3 * row + column] : black);
          wrong += !inside && (*a)->bytes[static_cast<size_t>(49 * i + k)] != 0;
        }
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("pad_to keeps the channels of a pixel together", "[data]") {
  DataConfig config;
  config.source = {"textures", R"({"samples": 12, "size": 4, "channels": 3})"};
  const Dataset small = prepare(config);
  config.pad_to = 6;
  const Dataset large = prepare(config);
  CHECK(large.sample == Shape{1, 6, 6, 3});
  Batches<float> plain(small, small.train, 5, 0), framed(large, large.train, 5, 0);
  const Batch<float> x = plain.range(3, 1), y = framed.range(3, 1);
  for (Index c = 0; c < 3; ++c) {
    CHECK(y.x[c] == small.offset[static_cast<size_t>(c)]);
    CHECK(y.x[(2 * 6 + 3) * 3 + c] == x.x[(1 * 4 + 2) * 3 + c]);
  }
  config.pad_to = 4;  // nothing to add
  CHECK(prepare(config).train.bytes == small.train.bytes);
}

TEST_CASE("label_noise draws the asked share of training labels anew, and touches nothing else", "[data]") {
  DataConfig config;
  config.source = {"gaussian_mixture", R"({"samples": 10000, "features": 2, "classes": 10})"};
  config.validation_size = 1000;
  const Dataset clean = prepare(config);
  for (const double share : {0.3, 1.0}) {
    INFO(share);
    config.label_noise = share;
    const Dataset noisy = prepare(config), again = prepare(config);
    CHECK(noisy.train.labels == again.train.labels);
    CHECK(noisy.train.values == clean.train.values);
    CHECK(noisy.validation.labels == clean.validation.labels);
    CHECK(noisy.test.labels == clean.test.labels);
    double changed = 0;
    std::vector<double> count(10);
    for (size_t i = 0; i < 9000; ++i) {
      changed += noisy.train.labels[i] != clean.train.labels[i];
      ++count[static_cast<size_t>(noisy.train.labels[i])];
    }
    // one label in ten is drawn as it was; the tolerance is five standard errors
    const double expected = 0.9 * share;
    CHECK(std::abs(changed / 9000 - expected) < 5 * std::sqrt(expected * (1 - expected) / 9000));
    for (const double n : count) CHECK(std::abs(n / 9000 - 0.1) < 5 * std::sqrt(0.09 / 9000));
    config.split_seed = 1;
    CHECK(prepare(config).train.labels != noisy.train.labels);
    config.split_seed = 0;
  }
}

TEST_CASE("where files are missing the fallback takes over, and says so", "[data]") {
  const Scratch scratch;
  DataConfig config;
  config.source = {"mnist", "{}"}, config.directory = scratch.path(), config.binarize = true;
  config.pad_to = 32, config.augment.flip = true;
  config.fallback = {"gaussian_mixture", R"({"samples": 30})"};
  std::string notice;
  const Dataset data = load_dataset(config, notice);
  CHECK(data.name == "gaussian_mixture");
  CHECK(data.train.size == 30);
  CHECK(config.source.name == "gaussian_mixture");  // the resolved config says what was done
  CHECK(config.fallback.name.empty());
  CHECK_FALSE(config.binarize);
  CHECK(config.pad_to == 0);  // nothing that only images can have
  CHECK_FALSE(config.augment.any());
  CHECK(notice.find("mnist is not installed") == 0);
  config.source = {"mnist", "{}"}, config.fallback = {"textures", R"({"samples": 30, "size": 28})"};
  config.pad_to = 32, config.augment.flip = true;
  const Dataset other_images = load_dataset(config, notice);
  CHECK(other_images.sample == Shape{1, 32, 32, 3});
  CHECK(other_images.augment.flip);
}
