// The IDX format of MNIST and its kin: big-endian magic 0x00000803 (images) or 0x00000801 (labels), sizes, bytes.
#pragma once

#include "data/dataset.h"

namespace bnlab {

struct IdxImages {
  Index count = 0, height = 0, width = 0;
  std::vector<uint8_t> pixels;
};
IdxImages read_idx_images(const std::string& path);
std::vector<int32_t> read_idx_labels(const std::string& path, int32_t classes);

// The four files of MNIST's naming in `folder`, gzip or plain.
Dataset load_idx(const std::string& name, const std::string& folder);
std::vector<std::string> idx_files();

}  // namespace bnlab
