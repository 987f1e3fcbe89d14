// linear_teacher (Santurkar et al. 2018, app. A.1): x ~ N(0, I), target A x with A_ij ~ N(0, 1)
#include "core/files.h"
#include "core/rng.h"
#include "data/sets/sets.h"

namespace bnlab {
namespace {

class LinearTeacher : public DataSource {
 public:
  void describe(Fields& f) override {
    f.integer("features", features_, between(1, 1 << 16), "entries of x");
    f.integer("outputs", outputs_, between(1, 1 << 16), "entries of A x");
    f.integer("samples", samples_, between(1, 10000000), "training samples; as many test samples");
    f.integer("data_seed", seed_, at_least(0), "draws A and x");
  }
  Dataset load(const std::string&) const override {
    const auto seed = static_cast<uint64_t>(seed_);
    const auto features = static_cast<size_t>(features_), outputs = static_cast<size_t>(outputs_);
    std::vector<double> a(features * outputs);
    Stream(seed, "linear_teacher/a").fill_normal(0, a.data(), a.size());
    auto draw = [&](const char* purpose, Split& split) {
      const Stream stream(seed, purpose);
      split.size = samples_;
      split.values.resize(static_cast<size_t>(samples_) * features);
      stream.fill_normal(0, split.values.data(), split.values.size());
      split.targets.assign(static_cast<size_t>(samples_) * outputs, 0);
      for (size_t i = 0; i < static_cast<size_t>(samples_); ++i) {
        for (size_t o = 0; o < outputs; ++o) {
          for (size_t k = 0; k < features; ++k) split.targets[i * outputs + o] += a[o * features + k] * static_cast<double>(split.values[i * features + k]);
        }
      }
    };
    Dataset data;
    data.name = "linear_teacher";
    data.sample = {1, 1, 1, features_};
    data.outputs = outputs_;
    data.classes = false;
    draw("linear_teacher/train", data.train);
    draw("linear_teacher/test", data.test);
    data.sha256 = sha256(std::string_view(reinterpret_cast<const char*>(data.train.targets.data()), data.train.targets.size() * sizeof(double)));
    data.source = "generated";
    return data;
  }

 private:
  int64_t features_ = 10, outputs_ = 10, samples_ = 1000, seed_ = 0;
};

}  // namespace

std::unique_ptr<Component> make_linear_teacher() { return std::make_unique<LinearTeacher>(); }

}  // namespace bnlab
