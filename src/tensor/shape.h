// Channels-last shapes and views: a tensor is (n, h, w, c), contiguous; a dense layer is the case h = w = 1.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bnlab {

using Index = std::ptrdiff_t;

struct Shape {
  Index n = 0, h = 1, w = 1, c = 0;
  Index rows() const { return n * h * w; }
  Index size() const { return rows() * c; }
  Index sample() const { return h * w * c; }
  Shape with_n(Index count) const { return {count, h, w, c}; }
  Shape with_c(Index channels) const { return {n, h, w, channels}; }
  bool operator==(const Shape&) const = default;
};

// "784" or "32x32x3": without the batch, as people say it.
inline std::string text(const Shape& s) {
  const std::string channels = std::to_string(s.c);
  return s.h * s.w == 1 ? channels : std::to_string(s.h) + "x" + std::to_string(s.w) + "x" + channels;
}

// As other frameworks have it: without spatial extents of 1, a vector as a vector.
inline std::vector<int64_t> extents(const Shape& s) {
  if (s.h * s.w > 1) return {s.n, s.h, s.w, s.c};
  return s.n > 1 ? std::vector<int64_t>{s.n, s.c} : std::vector<int64_t>{s.c};
}

// Memory that somebody else owns, seen as rows x channels. Valid as long as the workspace it came from.
template <class T>
struct View {
  T* data = nullptr;
  Shape shape;
  Index rows() const { return shape.rows(); }
  Index c() const { return shape.c; }
  Index size() const { return shape.size(); }
  T* row(Index r) const { return data + r * shape.c; }
  T& at(Index r, Index channel) const { return data[r * shape.c + channel]; }
  T& operator[](Index i) const { return data[i]; }
  explicit operator bool() const { return data != nullptr; }
  operator View<const T>() const { return {data, shape}; }
};

}  // namespace bnlab
