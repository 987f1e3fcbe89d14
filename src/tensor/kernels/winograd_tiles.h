// Reading and writing the tiles of an image, zeros outside.
#pragma once

#include <algorithm>

#include "tensor/kernels/winograd_transforms.h"

namespace bnlab::winograd {

// The tiles of a batch, counted along rows, columns and samples.
struct Tiles {
  Shape shape;
  Index down, across;
  explicit Tiles(Shape s) : shape(s), down((s.h + step - 1) / step), across((s.w + step - 1) / step) {}
  Index count() const { return shape.n * down * across; }
};

struct Tile {
  Index sample, y, x;  // of its first output
  Tile(const Tiles& tiles, Index number) {
    const Index each = tiles.down * tiles.across, rest = number % each;
    sample = number / each;
    y = rest / tiles.across * step;
    x = rest % tiles.across * step;
  }
};

// Asks for the lines that a tile is the first to touch; to be called some tiles ahead. The many stores of the transforms
// keep the processor from looking that far by itself: without this, a tile waits for memory twice as long as it computes.
// (Always inline: a function that does nothing but prefetch counts as doing nothing, and its calls are dropped.)
constexpr Index ahead = 16;
[[gnu::always_inline]] inline void prefetch(const Tiles& tiles, Index number, const float* image) {
  const Tile at(tiles, number);
  const Shape& s = tiles.shape;
  const Index rows = std::min(step, s.h - at.y), width = std::min(step, s.w - at.x) * s.c;
  const float* corner = image + ((at.sample * s.h + at.y) * s.w + at.x) * s.c;
  for (Index i = 0; i < rows; ++i, corner += s.w * s.c) {
    for (Index k = 0; k < width; k += 16) __builtin_prefetch(corner + k, 0, 2);
  }
}

// B^T d B of one tile, channel by vector of channels, into point[i] + c of the 36 planes `plane` floats apart.
[[gnu::noinline]] inline void transform_input(const Tiles& tiles, Index number, const float* x, float* out, Index plane) {
  const Tile at(tiles, number);
  const Shape& s = tiles.shape;
  const Index c = s.c, row = s.w * c;
  const float* corner = x + at.sample * s.h * row + (at.y - 1) * row + (at.x - 1) * c;
  const Index top = at.y == 0, bottom = std::min<Index>(tile, s.h + 1 - at.y), left = at.x == 0, right = std::min<Index>(tile, s.w + 1 - at.x);
  const bool whole = !top && !left && bottom == tile && right == tile;
  auto transform = [=](auto inside) {
    for (Index k = 0; k < c; k += lanes) {
      both_sides<tile, tile, input_side>([&](Index i, Index j) { return inside(i, j) ? load(corner + i * row + j * c + k) : Vec{}; },
                                         [&](Index i, Index j, Vec v) { store(out + (i * tile + j) * plane + k, v); });
    }
  };
  if (whole) {
    transform([](Index, Index) { return true; });
  } else {
    transform([=](Index i, Index j) { return i >= top && i < bottom && j >= left && j < right; });
  }
}

// A dy A^T of one tile.
[[gnu::noinline]] inline void transform_output_gradient(const Tiles& tiles, Index number, const float* dy, float* out, Index plane) {
  const Tile at(tiles, number);
  const Shape& s = tiles.shape;
  const Index c = s.c, row = s.w * c, rows = std::min(step, s.h - at.y), columns = std::min(step, s.w - at.x);
  const float* corner = dy + (at.sample * s.h + at.y) * row + at.x * c;
  auto transform = [=](auto inside) {
    for (Index k = 0; k < c; k += lanes) {
      both_sides<step, tile, output_gradient_side>([&](Index i, Index j) { return inside(i, j) ? load(corner + i * row + j * c + k) : Vec{}; },
                                                   [&](Index i, Index j, Vec v) { store(out + (i * tile + j) * plane + k, v); });
    }
  };
  if (rows == step && columns == step) {
    transform([](Index, Index) { return true; });
  } else {
    transform([=](Index i, Index j) { return i < rows && j < columns; });
  }
}

}  // namespace bnlab::winograd
