// What PyTorch computed (make_fixtures.py, float64), and how ours is compared with it: relative to the largest absolute
// value of the expected tensor, within 1e-10 in double and 1e-5 in float.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <exception>
#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "core/safetensors.h"
#include "places.h"
#include "tensor/shape.h"

namespace bnlab::testing {

inline const std::map<std::string, StoredTensor>& fixture_file(const std::string& file) {
  static std::map<std::string, std::map<std::string, StoredTensor>> files;
  if (!files.count(file)) files[file] = read_safetensors(BNLAB_TEST_DIR "/golden/" + file + ".safetensors");
  return files[file];
}

inline std::set<std::string> fixture_cases(const std::string& file) {
  std::set<std::string> cases;
  for (const auto& [name, tensor] : fixture_file(file)) cases.insert(name.substr(0, name.find('/')));
  return cases;
}

// The tensors of one case. Each must be asked for, so that none is compared in the script's imagination only.
class Fixture {
 public:
  Fixture(const std::string& file, const std::string& name) : file_(file), case_(name) {
    const auto& all = fixture_file(file);
    for (auto at = all.lower_bound(name + "/"); at != all.end() && at->first.rfind(name + "/", 0) == 0; ++at) {
      unused_.insert(at->first.substr(name.size() + 1));
    }
    INFO(file << " has no case " << name);
    REQUIRE(!unused_.empty());
  }
  ~Fixture() noexcept(false) {
    if (std::uncaught_exceptions() > 0) return;  // already failing
    for (const auto& name : unused_) UNSCOPED_INFO("not compared: " << case_ << "/" << name);
    CHECK(unused_.empty());
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  bool has(const std::string& name) const { return fixture_file(file_).count(case_ + "/" + name) > 0; }
  const StoredTensor& operator[](const std::string& name) {
    INFO(file_ << " has no " << case_ << "/" << name);
    REQUIRE(has(name));
    unused_.erase(name);
    return fixture_file(file_).at(case_ + "/" + name);
  }
  template <class T>
  void copy(const std::string& name, View<T> to) {
    const StoredTensor& from = (*this)[name];
    INFO(case_ << "/" << name);
    REQUIRE(from.values.size() == static_cast<size_t>(to.size()));
    std::transform(from.values.begin(), from.values.end(), to.data, [](double v) { return static_cast<T>(v); });
  }
  // `row` of a tensor that has one for each step, or the whole of it.
  template <class T>
  void agrees(const std::string& name, View<const T> got, Index row = -1) {
    const StoredTensor& stored = (*this)[name];
    const Index count = row < 0 ? static_cast<Index>(stored.values.size()) : stored.shape.at(1);
    const double* expected = stored.values.data() + std::max<Index>(0, row) * count;
    INFO(case_ << "/" << name << (std::is_same_v<T, float> ? " in float" : " in double"));
    REQUIRE(got.size() == count);
    double largest = 0;
    for (Index i = 0; i < count; ++i) largest = std::max(largest, std::abs(expected[i]));
    const double tolerance = (std::is_same_v<T, float> ? 1e-5 : 1e-10) * largest;
    Index wrong = 0, first = 0;
    for (Index i = count; i-- > 0;) {  // a NaN is wrong too
      if (!(std::abs(static_cast<double>(got[i]) - expected[i]) <= tolerance)) ++wrong, first = i;
    }
    INFO(wrong << " of " << count << " differ, first entry " << first << ": expected " << expected[first] << ", got "
               << got[first]);
    CHECK(wrong == 0);
  }

 private:
  std::string file_, case_;
  std::set<std::string> unused_;
};

}  // namespace bnlab::testing
