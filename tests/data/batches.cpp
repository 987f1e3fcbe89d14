// The order in which samples are met.
#include "data/batches.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace bnlab;

namespace {

// Samples that are their own numbers: x = i, label = i mod 3, or targets i and -i.
Dataset counted(Index size, bool classes = true) {
  Dataset data;
  data.sample = {1, 1, 1, 2};
  data.outputs = classes ? 3 : 2;
  data.classes = classes;
  data.train.size = size;
  for (Index i = 0; i < size; ++i) {
    data.train.values.insert(data.train.values.end(), {static_cast<float>(i), static_cast<float>(1000 + i)});
    if (classes) data.train.labels.push_back(static_cast<int32_t>(i % 3));
    if (!classes)
      data.train.targets.insert(data.train.targets.end(), {static_cast<double>(i), -static_cast<double>(i)});
  }
  data.scale.assign(2, 1), data.offset.assign(2, 0);
  return data;
}

// Which samples a batch holds; each with all that belongs to it.
std::vector<int> numbers(const Batch<float>& batch) {
  std::vector<int> out;
  for (Index i = 0; i < batch.n(); ++i) {
    const int number = static_cast<int>(batch.x.at(i, 0));
    REQUIRE(batch.x.at(i, 1) == static_cast<float>(1000 + number));
    if (batch.labels) REQUIRE(batch.labels[i] == number % 3);
    if (batch.targets) {
      REQUIRE(batch.targets.at(i, 0) == static_cast<float>(number));
      REQUIRE(batch.targets.at(i, 1) == static_cast<float>(-number));
    }
    out.push_back(number);
  }
  return out;
}

std::vector<int> epoch(Batches<float>& batches, int64_t which) {
  std::vector<int> out;
  for (int64_t step = 0; step < batches.per_epoch(); ++step) {
    const auto more = numbers(batches.at(which * batches.per_epoch() + step));
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

}  // namespace

TEST_CASE("an epoch visits every sample once, the next one in another order", "[data]") {
  for (const bool classes : {true, false}) {
    const Dataset data = counted(60, classes);
    Batches<float> batches(data, data.train, 12, 1);
    CHECK(batches.per_epoch() == 5);
    std::set<std::vector<int>> orders;
    for (int64_t e = 0; e < 4; ++e) {
      std::vector<int> order = epoch(batches, e);
      orders.insert(order);
      std::sort(order.begin(), order.end());
      REQUIRE(order.size() == 60);
      for (int i = 0; i < 60; ++i) CHECK(order[static_cast<size_t>(i)] == i);
    }
    CHECK(orders.size() == 4);
  }
}

TEST_CASE("what is left of an epoch after its last whole batch is left out, others each time", "[data]") {
  const Dataset data = counted(64);
  Batches<float> batches(data, data.train, 12, 1);
  CHECK(batches.per_epoch() == 5);
  std::set<int> seen;
  for (int64_t e = 0; e < 4; ++e) {
    const std::vector<int> order = epoch(batches, e);
    const std::set<int> once(order.begin(), order.end());
    CHECK(once.size() == 60);
    seen.insert(once.begin(), once.end());
  }
  CHECK(seen.size() == 64);
}

TEST_CASE("the seed decides the order, and a step has its batch whenever it is asked for", "[data]") {
  const Dataset data = counted(60);
  Batches<float> in_order(data, data.train, 12, 1), other(data, data.train, 12, 2),
      out_of_order(data, data.train, 12, 1);
  std::vector<std::vector<int>> steps;
  for (int64_t step = 0; step < 20; ++step) steps.push_back(numbers(in_order.at(step)));
  CHECK(epoch(other, 0) != epoch(in_order, 0));
  for (const int64_t step : {17, 3, 19, 0, 4, 5, 3, 12})
    CHECK(numbers(out_of_order.at(step)) == steps[static_cast<size_t>(step)]);
}

TEST_CASE("the order does not depend on the scalar or on what else is asked for", "[data]") {
  const Dataset data = counted(60);
  Batches<float> batches(data, data.train, 12, 1), disturbed(data, data.train, 12, 1);
  Batches<double> precise(data, data.train, 12, 1);
  for (int64_t step = 0; step < 7; ++step) {
    const auto expected = numbers(batches.at(step));
    numbers(disturbed.range(3, 40));
    numbers(disturbed.sample(Stream(9, "probe"), 25));
    CHECK(numbers(disturbed.at(step)) == expected);
    const Batch<double> same = precise.at(step);
    for (size_t i = 0; i < 12; ++i) CHECK(static_cast<int>(same.x.at(static_cast<Index>(i), 0)) == expected[i]);
  }
}

TEST_CASE("the full batch keeps its order, so that its sums are the same from step to step", "[data]") {
  const Dataset data = counted(30);
  Batches<float> batches(data, data.train, 30, 1);
  const auto first = numbers(batches.at(0));
  for (int i = 0; i < 30; ++i) CHECK(first[static_cast<size_t>(i)] == i);
  CHECK(numbers(batches.at(7)) == first);
}

TEST_CASE("range is in the split's order; a sample is of different samples, and the stream's", "[data]") {
  const Dataset data = counted(60);
  Batches<float> batches(data, data.train, 12, 1);
  CHECK(numbers(batches.range(57, 3)) == std::vector<int>{57, 58, 59});
  const auto sample = numbers(batches.sample(Stream(1, "a"), 20));
  CHECK(std::set<int>(sample.begin(), sample.end()).size() == 20);
  CHECK(numbers(batches.sample(Stream(1, "a"), 20)) == sample);
  CHECK(numbers(batches.sample(Stream(1, "b"), 20)) != sample);
  CHECK(numbers(batches.sample(Stream(1, "a"), 100)).size() == 60);  // no more than there are
}

TEST_CASE("the network's input is scaled and shifted entry by entry", "[data]") {
  Dataset data = counted(4);
  data.scale = {2, 0.5}, data.offset = {-1, 3};
  Batches<double> batches(data, data.train, 4, 1);
  const Batch<double> all = batches.range(0, 4);
  for (Index i = 0; i < 4; ++i) {
    CHECK(all.x.at(i, 0) == 2 * static_cast<double>(i) - 1);
    CHECK(all.x.at(i, 1) == 0.5 * static_cast<double>(1000 + i) + 3);
  }
}
