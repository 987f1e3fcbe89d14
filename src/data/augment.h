// Augmentation of training images (He et al. 2016, sec. 4.2): a crop of the image's own size at a random place of the
// image padded with black, then the mirror image half the time. torchvision's RandomCrop(size, padding) and
// RandomHorizontalFlip(), in that order, on raw pixels: black is black before standardizing.
#pragma once

#include "core/fields.h"
#include "core/rng.h"
#include "tensor/shape.h"

namespace bnlab {

struct AugmentConfig {
  bool flip = false;
  int64_t crop_padding = 0;
  bool any() const { return flip || crop_padding > 0; }
  void describe(Fields& f);
  // What `sample` cannot have is a ConfigError; `name` is of the dataset, `images` says whether it is one of images.
  void check(const std::string& name, Shape sample, bool images) const;
};

class Augment {
 public:
  // out(y, x) = in(y + down, x + right), black outside; then, if `flip`, left and right change places.
  struct Draw {
    Index down = 0, right = 0;
    bool flip = false;
  };

  // Draws from (seed, "augment") at (step, position in the batch): no state, so that resuming needs none.
  Augment(const AugmentConfig& config, Shape sample, uint64_t seed)
      : config_(config), sample_(sample), stream_(seed, "augment") {}
  explicit operator bool() const { return config_.any(); }

  Draw draw(int64_t step, Index position) const;
  // One image, channels-last; in and out do not overlap.
  void apply(const Draw& draw, const uint8_t* in, uint8_t* out) const;

 private:
  AugmentConfig config_;
  Shape sample_;
  Stream stream_;
};

}  // namespace bnlab
