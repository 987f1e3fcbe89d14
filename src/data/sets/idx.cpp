#include "data/sets/idx.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"

namespace bnlab {
namespace {

__extension__ using Wide = unsigned __int128;

uint32_t big_endian(const std::vector<uint8_t>& bytes, size_t at) {
  return static_cast<uint32_t>(bytes[at]) << 24 | static_cast<uint32_t>(bytes[at + 1]) << 16 | static_cast<uint32_t>(bytes[at + 2]) << 8 |
         bytes[at + 3];
}

// Checks magic and sizes against the file before anything is believed; returns the dimensions.
std::vector<Index> header(const std::string& path, const std::vector<uint8_t>& bytes, uint32_t magic, size_t dimensions) {
  const size_t length = 4 + 4 * dimensions;
  if (bytes.size() < length) throw DataError(path, fmt::format("ends after {} bytes; an IDX header has {}", bytes.size(), length));
  if (big_endian(bytes, 0) != magic) {
    throw DataError(path, fmt::format("offset 0: magic 0x{:08x}, expected 0x{:08x}", big_endian(bytes, 0), magic));
  }
  std::vector<Index> sizes;
  Wide product = 1;
  for (size_t k = 0; k < dimensions; ++k) {
    sizes.push_back(static_cast<Index>(big_endian(bytes, 4 + 4 * k)));
    product *= big_endian(bytes, 4 + 4 * k);
  }
  if (product != bytes.size() - length) {
    throw DataError(path, fmt::format("offset {}: {} bytes follow the header, but it promises {}", length, bytes.size() - length,
                                      product > 1'000'000'000'000 ? std::string("far more") : std::to_string(static_cast<uint64_t>(product))));
  }
  if (product == 0) throw DataError(path, "offset 4: holds nothing");
  return sizes;
}

}  // namespace

IdxImages read_idx_images(const std::string& path) {
  IdxImages images;
  images.pixels = read_bytes(path);
  const auto sizes = header(path, images.pixels, 0x803, 3);
  images.count = sizes[0], images.height = sizes[1], images.width = sizes[2];
  images.pixels.erase(images.pixels.begin(), images.pixels.begin() + 16);
  return images;
}

std::vector<int32_t> read_idx_labels(const std::string& path, int32_t classes) {
  const auto bytes = read_bytes(path);
  header(path, bytes, 0x801, 1);
  std::vector<int32_t> labels(bytes.begin() + 8, bytes.end());
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= classes) {
      throw DataError(path, fmt::format("offset {}: label {} of sample {}, expected 0..{}", i + 8, labels[i], i, classes - 1));
    }
  }
  return labels;
}

std::vector<std::string> idx_files() {
  return {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
}

Dataset load_idx(const std::string& name, const std::string& folder) {
  constexpr int32_t classes = 10;
  std::vector<std::string> paths;
  std::string digests;
  for (const auto& file : idx_files()) {
    const std::string plain = folder + "/" + file;
    paths.push_back(is_file(plain) ? plain : plain + ".gz");
  }
  auto load = [&](size_t first, Split& split, Shape& sample) {
    IdxImages images = read_idx_images(paths[first]);
    split.labels = read_idx_labels(paths[first + 1], classes);
    if (static_cast<Index>(split.labels.size()) != images.count) {
      throw DataError(paths[first + 1], fmt::format("{} labels for {} images", split.labels.size(), images.count));
    }
    const Shape shape{1, images.height, images.width, 1};
    if (sample.size() > 0 && shape != sample) {
      throw DataError(paths[first], fmt::format("images of {}, but the training images are {}", text(shape), text(sample)));
    }
    sample = shape;
    split.size = images.count;
    split.bytes = std::move(images.pixels);
    digests += sha256(split.bytes);
    digests += sha256(std::string_view(reinterpret_cast<const char*>(split.labels.data()), split.labels.size() * sizeof(int32_t)));
  };
  Dataset data;
  data.name = name;
  data.outputs = classes;
  load(0, data.train, data.sample);
  load(2, data.test, data.sample);
  data.sha256 = sha256(digests);
  data.source = folder;
  return data;
}

}  // namespace bnlab
