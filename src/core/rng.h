// Counter-based random streams (Philox4x32-10, Salmon et al. 2011; Random123).
//
// A stream is named by (seed, purpose): "init/hidden1/linear/weight", "batches", "noise/hidden3/before_activation".
// Every draw is addressed by (step, index), so there is no generator state: a new user of randomness disturbs nobody,
// and resuming needs nothing. Normals are Box-Muller in double: the same on every library.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace bnlab {

// A purpose made ready once, for whoever draws at every step.
class Purpose {
 public:
  Purpose() = default;
  explicit Purpose(std::string_view name);

 private:
  friend class Stream;
  uint64_t hash_ = 0;
};

class Stream {
 public:
  Stream() = default;
  Stream(uint64_t seed, std::string_view purpose) : Stream(seed, Purpose(purpose)) {}
  Stream(uint64_t seed, Purpose purpose);

  std::array<uint32_t, 4> block(uint64_t step, uint64_t index) const;
  double uniform(uint64_t step, uint64_t index) const;                 // in (0, 1)
  double normal(uint64_t step, uint64_t index) const;                  // N(0, 1)
  uint64_t below(uint64_t step, uint64_t index, uint64_t n) const;     // 0 .. n-1
  std::vector<uint32_t> permutation(uint64_t step, uint32_t n) const;  // Fisher-Yates

  // fill: uniform in (0, 1) with 32 random bits each, four to a block; for noise per step
  template <class T>
  void fill_uniform(uint64_t step, T* out, size_t count) const;
  template <class T>
  void fill_normal(uint64_t step, T* out, size_t count) const;

 private:
  uint64_t key_ = 0;
};

}  // namespace bnlab
