#include "core/rng.h"

#include <catch2/catch.hpp>

#include <Random123/philox.h>

#include <cmath>
#include <set>

using namespace bnlab;

TEST_CASE("philox gives the published known answers", "[rng]") {
  // Random123's kat_vectors: philox4x32-10
  r123::Philox4x32 philox;
  const auto zero = philox(r123::Philox4x32::ctr_type{{0, 0, 0, 0}}, r123::Philox4x32::key_type{{0, 0}});
  REQUIRE(zero[0] == 0x6627e8d5u);
  REQUIRE(zero[3] == 0x9b00dbd8u);
}

TEST_CASE("the numbers of a stream never change", "[rng]") {
  // pinned: changing them changes every result ever published with this program
  const Stream stream(1, "init/hidden1/linear/weight");
  const auto block = stream.block(2, 3);
  CHECK(block == std::array<uint32_t, 4>{2706278786u, 2858057640u, 3849068937u, 887520588u});
  CHECK(stream.normal(0, 0) == Approx(0.34928194866084583).epsilon(1e-15));
}

TEST_CASE("streams differ by seed, purpose, step and index", "[rng]") {
  std::set<uint32_t> seen;
  for (uint64_t seed : {0, 1}) {
    for (const char* purpose : {"a", "b"}) {
      for (uint64_t step : {0, 1}) {
        for (uint64_t index : {0, 1}) seen.insert(Stream(seed, purpose).block(step, index)[0]);
      }
    }
  }
  REQUIRE(seen.size() == 16);
}

TEST_CASE("uniform and normal draws have their moments; bulk equals one by one", "[rng]") {
  const Stream stream(3, "moments");
  constexpr size_t count = 200000;
  std::vector<double> normal(count), uniform(count);
  stream.fill_normal(5, normal.data(), count);
  stream.fill_uniform(6, uniform.data(), count);
  double m = 0, v = 0, f = 0, u = 0, w = 0;
  for (size_t i = 0; i < count; ++i) {
    m += normal[i] / count, v += normal[i] * normal[i] / count, f += std::pow(normal[i], 4) / count;
    u += uniform[i] / count, w += std::pow(uniform[i] - 0.5, 2) / count;
    REQUIRE((uniform[i] > 0 && uniform[i] < 1));
  }
  CHECK(std::abs(m) < 0.01);
  CHECK(v == Approx(1).margin(0.01));
  CHECK(f == Approx(3).margin(0.1));
  CHECK(u == Approx(0.5).margin(0.004));
  CHECK(w == Approx(1.0 / 12).margin(0.001));
  CHECK(normal[17] == stream.normal(5, 17));
}

TEST_CASE("below is fair and a permutation holds each number once", "[rng]") {
  const Stream stream(3, "below");
  std::array<int, 7> count{};
  for (uint64_t i = 0; i < 70000; ++i) ++count[stream.below(0, i, 7)];
  for (const int c : count) CHECK(std::abs(c - 10000) < 500);
  const auto order = stream.permutation(4, 1000);
  CHECK(std::set<uint32_t>(order.begin(), order.end()).size() == 1000);
  CHECK(order != stream.permutation(5, 1000));
}
