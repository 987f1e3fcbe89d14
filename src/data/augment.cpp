#include "data/augment.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace bnlab {
namespace {

// 0 .. n-1 from 32 random bits; n is small, so no number is favoured by more than n in 2^32.
Index below(uint32_t bits, Index n) {
  return static_cast<Index>(static_cast<uint64_t>(bits) * static_cast<uint64_t>(n) >> 32);
}

void mirror(uint8_t* row, Index w, Index c) {
  for (uint8_t *left = row, *right = row + (w - 1) * c; left < right; left += c, right -= c) {
    for (Index k = 0; k < c; ++k) std::swap(left[k], right[k]);
  }
}

}  // namespace

void AugmentConfig::describe(Fields& f) {
  f.boolean("flip", flip, "mirror half of the images, left for right");
  f.integer("crop_padding", crop_padding, between(0, 1024),
            "shift by up to so many pixels each way, black coming in; 0: none");
}

void AugmentConfig::check(const std::string& name, Shape sample, bool images) const {
  const char* path = crop_padding > 0 ? "data.augment.crop_padding" : "data.augment.flip";
  if (any() && (!images || sample.h < 2 || sample.w < 2)) throw ConfigError(path, name + " is no set of images");
  if (crop_padding >= std::min(sample.h, sample.w) && any()) {
    throw ConfigError(path, fmt::format("{} would move images of {} out of sight", crop_padding, text(sample)));
  }
}

Augment::Draw Augment::draw(int64_t step, Index position) const {
  const auto bits = stream_.block(static_cast<uint64_t>(step), static_cast<uint64_t>(position));
  const Index p = config_.crop_padding;
  return {below(bits[0], 2 * p + 1) - p, below(bits[1], 2 * p + 1) - p, config_.flip && bits[2] >> 31 != 0};
}

void Augment::apply(const Draw& draw, const uint8_t* in, uint8_t* out) const {
  const Index h = sample_.h, w = sample_.w, c = sample_.c;
  const Index begin = std::max<Index>(0, -draw.right),
              end = std::min(w, w - draw.right);  // columns that are in the image
  for (Index y = 0; y < h; ++y, out += w * c) {
    const Index from = y + draw.down;
    if (from < 0 || from >= h) {
      std::fill_n(out, w * c, uint8_t{0});
      continue;
    }
    std::fill_n(out, begin * c, uint8_t{0});
    std::copy_n(in + (from * w + begin + draw.right) * c, (end - begin) * c, out + begin * c);
    std::fill_n(out + end * c, (w - end) * c, uint8_t{0});
    if (draw.flip) mirror(out, w, c);
  }
}

}  // namespace bnlab
