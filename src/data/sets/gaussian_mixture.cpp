// gaussian_mixture: x = offset 1 + D (separation mu_label + z),  mu ~ N(0, I / features) * sqrt(features), z ~ N(0, I),
// D diagonal with entries log-spaced from 1 down to 1 / sqrt(condition): the input covariance has that condition number.
#include <cmath>

#include "core/files.h"
#include "core/rng.h"
#include "data/sets/sets.h"

namespace bnlab {
namespace {

class GaussianMixture : public DataSource {
 public:
  void describe(Fields& f) override {
    f.integer("features", features_, between(1, 1 << 20), "numbers to a sample");
    f.integer("classes", classes_, between(2, 100000), "Gaussians");
    f.integer("samples", samples_, between(2, 10000000), "training samples; a fifth as many test samples");
    f.number("separation", separation_, at_least(0), "distance of the class means, in standard deviations per feature");
    f.number("offset", offset_, any(), "added to every feature");
    f.number("condition", condition_, at_least(1), "condition number of the within-class covariance");
    f.integer("data_seed", seed_, at_least(0), "draws the set");
  }
  Dataset load(const std::string&) const override {
    const auto seed = static_cast<uint64_t>(seed_);
    const auto features = static_cast<size_t>(features_);
    std::vector<double> means(features * static_cast<size_t>(classes_));
    Stream(seed, "gaussian_mixture/means").fill_normal(0, means.data(), means.size());
    auto draw = [&](const char* purpose, Index size, Split& split) {
      const Stream labels(seed, std::string(purpose) + "/labels"), noise(seed, std::string(purpose) + "/noise");
      std::vector<double> z(features);
      split.size = size;
      split.values.reserve(static_cast<size_t>(size) * features);
      for (Index i = 0; i < size; ++i) {
        const auto label = static_cast<int32_t>(labels.below(0, static_cast<uint64_t>(i), static_cast<uint64_t>(classes_)));
        noise.fill_normal(static_cast<uint64_t>(i), z.data(), features);
        for (size_t k = 0; k < features; ++k) {
          const double along = features > 1 ? static_cast<double>(k) / static_cast<double>(features - 1) : 0;
          const double deviation = std::pow(condition_, -0.5 * along);
          split.values.push_back(static_cast<float>(offset_ + deviation * (separation_ * means[static_cast<size_t>(label) * features + k] + z[k])));
        }
        split.labels.push_back(label);
      }
    };
    Dataset data;
    data.name = "gaussian_mixture";
    data.sample = {1, 1, 1, features_};
    data.outputs = classes_;
    draw("gaussian_mixture/train", samples_, data.train);
    draw("gaussian_mixture/test", std::max<Index>(1, samples_ / 5), data.test);
    data.sha256 = sha256(std::string_view(reinterpret_cast<const char*>(data.train.values.data()), data.train.values.size() * sizeof(float)));
    data.source = "generated";
    data.caution = "synthetic data";
    return data;
  }

 private:
  int64_t features_ = 64, classes_ = 10, samples_ = 10000, seed_ = 0;
  double separation_ = 0.3, offset_ = 0, condition_ = 1;
};

}  // namespace

std::unique_ptr<Component> make_gaussian_mixture() { return std::make_unique<GaussianMixture>(); }

}  // namespace bnlab
