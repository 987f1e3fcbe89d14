// Generated sets: the same bytes for the same seed, and the statistics that their options promise.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "data/dataset.h"

using namespace bnlab;

namespace {

Dataset load(const std::string& name, const std::string& options) {
  return make_as<DataSource>(datasets(), {name, options})->load("");
}

// The columns' means and the covariance between two columns.
double mean(const Split& split, size_t width, size_t k) {
  double sum = 0;
  for (size_t i = 0; i < static_cast<size_t>(split.size); ++i) sum += static_cast<double>(split.values[i * width + k]);
  return sum / static_cast<double>(split.size);
}
double covariance(const Split& split, size_t width, size_t j, size_t k) {
  const double mj = mean(split, width, j), mk = mean(split, width, k);
  double sum = 0;
  for (size_t i = 0; i < static_cast<size_t>(split.size); ++i) {
    sum += (static_cast<double>(split.values[i * width + j]) - mj) *
           (static_cast<double>(split.values[i * width + k]) - mk);
  }
  return sum / static_cast<double>(split.size);
}

// The correlation of their samples' entries, in order, as far as both go.
double likeness(const Split& a, const Split& b) {
  auto entries = [](const Split& split) {
    std::vector<double> out(split.values.begin(), split.values.end());
    out.insert(out.end(), split.bytes.begin(), split.bytes.end());
    return out;
  };
  const std::vector<double> x = entries(a), y = entries(b);
  const size_t count = std::min(x.size(), y.size());
  double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  for (size_t i = 0; i < count; ++i) sx += x[i], sy += y[i], sxx += x[i] * x[i], syy += y[i] * y[i], sxy += x[i] * y[i];
  const auto n = static_cast<double>(count);
  return (sxy - sx * sy / n) / std::sqrt((sxx - sx * sx / n) * (syy - sy * sy / n));
}

bool equal(const Split& a, const Split& b) {
  return a.size == b.size && a.bytes == b.bytes && a.values == b.values && a.labels == b.labels &&
         a.targets == b.targets;
}

}  // namespace

TEST_CASE("every generated set: the same seed gives the same bytes, another seed others", "[data]") {
  for (const auto& entry : datasets().entries) {
    if (!static_cast<DataSource&>(*entry.make()).files().empty()) continue;
    INFO(entry.name);
    const Dataset one = load(entry.name, R"({"samples": 40, "data_seed": 1})"),
                  same = load(entry.name, R"({"samples": 40, "data_seed": 1})");
    const Dataset other = load(entry.name, R"({"samples": 40, "data_seed": 2})");
    CHECK(equal(one.train, same.train));
    CHECK(equal(one.test, same.test));
    CHECK(one.sha256 == same.sha256);
    CHECK(one.sha256.size() == 64);
    CHECK_FALSE(equal(one.train, other.train));
    CHECK_FALSE(equal(one.test, other.test));
    CHECK(one.sha256 != other.sha256);
    CHECK(likeness(one.train, same.train) == Approx(1));
    CHECK(std::abs(likeness(one.train, other.train)) < 0.2);
    CHECK(std::abs(likeness(one.train, one.test)) < 0.2);  // the test samples are not training samples
  }
}

TEST_CASE("every generated set: its splits are of the size asked for, its labels in range and all in use", "[data]") {
  for (const auto& entry : datasets().entries) {
    if (!static_cast<DataSource&>(*entry.make()).files().empty()) continue;
    INFO(entry.name);
    const Dataset data = load(entry.name, R"({"samples": 300})");
    CHECK(data.train.size == 300);
    CHECK(data.test.size > 0);
    for (const Split* split : {&data.train, &data.test}) {
      const auto n = static_cast<size_t>(split->size), entries = static_cast<size_t>(data.sample.size());
      CHECK(split->bytes.size() + split->values.size() == n * entries);
      CHECK(split->labels.size() == (data.classes ? n : 0));
      CHECK(split->targets.size() == (data.classes ? 0 : n * static_cast<size_t>(data.outputs)));
      for (const float value : split->values) REQUIRE(std::isfinite(value));
    }
    std::vector<int> count(data.classes ? static_cast<size_t>(data.outputs) : 0);
    for (const int32_t label : data.train.labels) {
      REQUIRE(label >= 0);
      REQUIRE(label < data.outputs);
      ++count[static_cast<size_t>(label)];
    }
    for (const int n : count) CHECK(n > 0);
  }
}

TEST_CASE("more samples only add to a generated set", "[data]") {
  // so a larger set is the same experiment with more data
  const Dataset few = load("gaussian_mixture", R"({"samples": 20})"),
                many = load("gaussian_mixture", R"({"samples": 50})");
  CHECK(std::equal(few.train.values.begin(), few.train.values.end(), many.train.values.begin()));
  CHECK(std::equal(few.train.labels.begin(), few.train.labels.end(), many.train.labels.begin()));
}

TEST_CASE("gaussian_mixture: offset and condition number are those asked for", "[data]") {
  // one Gaussian: all class means are 0. Standard error of a variance: sqrt(2 / n) = 1 %; the tolerances are 5 of them.
  const Dataset data =
      load("gaussian_mixture",
           R"({"features": 5, "classes": 2, "samples": 20000, "separation": 0, "offset": 3, "condition": 100})");
  const double expected[] = {1, std::pow(100, -0.25), 0.1, std::pow(100, -0.75), 0.01};
  for (size_t k = 0; k < 5; ++k) {
    INFO(k);
    CHECK(std::abs(mean(data.train, 5, k) - 3) < 5 * std::sqrt(expected[k] / 20000));
    CHECK(covariance(data.train, 5, k, k) == Approx(expected[k]).epsilon(0.05));
    for (size_t j = 0; j < k; ++j)
      CHECK(std::abs(covariance(data.train, 5, j, k)) < 5 * std::sqrt(expected[j] * expected[k] / 20000));
  }
}

TEST_CASE("gaussian_mixture: the classes lie as far apart as asked", "[data]") {
  // per feature, the squared distance of two class means has expectation 2 separation^2
  const Dataset data = load("gaussian_mixture", R"({"features": 2000, "classes": 2, "samples": 400, "separation": 2})");
  std::vector<double> sum[2] = {std::vector<double>(2000), std::vector<double>(2000)};
  double count[2] = {0, 0};
  for (size_t i = 0; i < 400; ++i) {
    const auto label = static_cast<size_t>(data.train.labels[i]);
    ++count[label];
    for (size_t k = 0; k < 2000; ++k) sum[label][k] += static_cast<double>(data.train.values[i * 2000 + k]);
  }
  double squared = 0;
  for (size_t k = 0; k < 2000; ++k) squared += std::pow(sum[0][k] / count[0] - sum[1][k] / count[1], 2) / 2000;
  CHECK(squared == Approx(2 * 4 + 1 / count[0] + 1 / count[1]).epsilon(0.16));  // 5 sqrt(2 / 2000)
}

TEST_CASE("linear_teacher: x is standard normal, and one matrix gives all targets", "[data]") {
  const Dataset data = load("linear_teacher", R"({"features": 3, "outputs": 2, "samples": 5000})");
  CHECK_FALSE(data.classes);
  CHECK(data.outputs == 2);
  for (size_t k = 0; k < 3; ++k) {
    CHECK(std::abs(mean(data.train, 3, k)) < 5 / std::sqrt(5000));
    CHECK(covariance(data.train, 3, k, k) == Approx(1).epsilon(0.1));
  }
  // A from the first three samples by Cramer's rule, then all the others and the test split are held to it
  auto x = [&](const Split& split, size_t i, size_t k) { return static_cast<double>(split.values[3 * i + k]); };
  auto determinant = [](const double(&m)[3][3]) {
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
  };
  for (size_t o = 0; o < 2; ++o) {
    double a[3];
    for (size_t k = 0; k < 3; ++k) {
      double below[3][3], above[3][3];
      for (size_t i = 0; i < 3; ++i) {
        for (size_t j = 0; j < 3; ++j) {
          below[i][j] = x(data.train, i, j);
          above[i][j] = j == k ? data.train.targets[2 * i + o] : below[i][j];
        }
      }
      a[k] = determinant(above) / determinant(below);
      CHECK(std::abs(a[k]) < 6);  // N(0, 1)
    }
    double worst = 0;
    for (const Split* split : {&data.train, &data.test}) {
      for (size_t i = 0; i < static_cast<size_t>(split->size); ++i) {
        const double y = a[0] * x(*split, i, 0) + a[1] * x(*split, i, 1) + a[2] * x(*split, i, 2);
        worst = std::max(worst, std::abs(y - split->targets[2 * i + o]));
      }
    }
    CHECK(worst < 1e-10);
  }
}
