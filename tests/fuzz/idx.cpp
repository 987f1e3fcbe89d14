#include "data/sets/idx.h"

#include "fuzz/targets.h"

namespace bnlab::fuzz {

void idx(Bytes bytes) {
  const std::string path = as_file("x-idx", bytes);
  refused_or_read([&] {
    const IdxImages images = read_idx_images(path);
    require(static_cast<Index>(images.pixels.size()) == images.count * images.height * images.width, "pixels are missing");
  });
  refused_or_read([&] {
    for (const int32_t label : read_idx_labels(path, 10)) require(0 <= label && label < 10, "no class");
  });
}

}  // namespace bnlab::fuzz
