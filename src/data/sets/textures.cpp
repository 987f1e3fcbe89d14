// textures: class k is a grating of orientation pi k / classes; random phase, frequency, colours and noise per image.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/files.h"
#include "core/rng.h"
#include "data/sets/sets.h"

namespace bnlab {
namespace {

class Textures : public DataSource {
 public:
  void describe(Fields& f) override {
    f.integer("size", side_, between(4, 256), "pixels of a side");
    f.integer("channels", channels_, between(1, 16), "colour planes");
    f.integer("classes", classes_, between(2, 180), "orientations");
    f.integer("samples", samples_, between(2, 1000000), "training images; a fifth as many test images");
    f.number("noise", noise_, at_least(0), "standard deviation of the pixel noise, in units of the contrast");
    f.integer("data_seed", seed_, at_least(0), "draws the set");
  }
  Dataset load(const std::string&) const override {
    Dataset data;
    data.name = "textures";
    data.sample = {1, side_, side_, channels_};
    data.outputs = classes_;
    draw("textures/train", samples_, data.train);
    draw("textures/test", std::max<Index>(1, samples_ / 5), data.test);
    data.sha256 = sha256(data.train.bytes);
    data.source = "generated";
    data.caution = "synthetic data";
    return data;
  }

 private:
  void draw(const char* purpose, Index size, Split& split) const {
    const auto seed = static_cast<uint64_t>(seed_);
    const Stream choice(seed, std::string(purpose) + "/choice"), grain(seed, std::string(purpose) + "/noise");
    const auto entries = static_cast<size_t>(side_ * side_ * channels_);
    std::vector<float> noise(entries);
    split.size = size;
    split.bytes.reserve(static_cast<size_t>(size) * entries);
    for (uint64_t i = 0; i < static_cast<uint64_t>(size); ++i) {
      const auto label = static_cast<int32_t>(choice.below(i, 0, static_cast<uint64_t>(classes_)));
      const double angle = std::numbers::pi * (label + 0.6 * (choice.uniform(i, 1) - 0.5)) / static_cast<double>(classes_);
      const double frequency = 0.3 + 0.6 * choice.uniform(i, 2), phase = 2 * std::numbers::pi * choice.uniform(i, 3);
      grain.fill_normal(i, noise.data(), entries);
      size_t at = 0;
      for (Index y = 0; y < side_; ++y) {
        for (Index x = 0; x < side_; ++x) {
          const double wave = std::sin(frequency * (std::cos(angle) * static_cast<double>(x) + std::sin(angle) * static_cast<double>(y)) + phase);
          for (Index c = 0; c < channels_; ++c, ++at) {
            const double tint = 0.4 + 0.6 * choice.uniform(i, 4 + static_cast<uint64_t>(c));
            const double value = 127.5 + 50 * (tint * wave + noise_ * static_cast<double>(noise[at]));
            split.bytes.push_back(static_cast<uint8_t>(std::clamp(value, 0.0, 255.0)));
          }
        }
      }
      split.labels.push_back(label);
    }
  }
  int64_t side_ = 32, channels_ = 3, classes_ = 10, samples_ = 5000, seed_ = 0;
  double noise_ = 1;
};

}  // namespace

std::unique_ptr<Component> make_textures() { return std::make_unique<Textures>(); }

}  // namespace bnlab
