// Small files in the formats of the image sets, whole or broken on purpose.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <map>
#include <string>

#include "support/scratch.h"

namespace bnlab::testing {

inline std::string big_endian(uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xff));
  return out;
}

// Pixel k of all is k * 7 mod 256: every place has a value of its own for a while.
inline std::string pixels(size_t count) {
  std::string out;
  for (size_t k = 0; k < count; ++k) out.push_back(static_cast<char>(k * 7 % 256));
  return out;
}

inline std::string idx_images(uint32_t count, uint32_t height, uint32_t width) {
  return big_endian(0x803) + big_endian(count) + big_endian(height) + big_endian(width) +
         pixels(size_t{count} * height * width);
}

// Label i is i mod 10.
inline std::string idx_labels(uint32_t count) {
  std::string out = big_endian(0x801) + big_endian(count);
  for (uint32_t i = 0; i < count; ++i) out.push_back(static_cast<char>(i % 10));
  return out;
}

// 20 + 10 images of 2 x 3.
inline std::map<std::string, std::string> mnist_files(const std::string& folder) {
  return {{folder + "/train-images-idx3-ubyte", idx_images(20, 2, 3)},
          {folder + "/train-labels-idx1-ubyte", idx_labels(20)},
          {folder + "/t10k-images-idx3-ubyte", idx_images(10, 2, 3)},
          {folder + "/t10k-labels-idx1-ubyte", idx_labels(10)}};
}

// A record of CIFAR: its label bytes, then planes R, G, B of 32 x 32 bytes.
inline std::string cifar_record(const std::string& labels) { return labels + pixels(3 * 32 * 32); }

// Two records to each of the six files.
inline std::map<std::string, std::string> cifar10_files(const std::string& folder) {
  std::map<std::string, std::string> out;
  const std::string two = cifar_record("\x03") + cifar_record("\x09");
  for (const char* name :
       {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"}) {
    out[folder + "/" + name + ".bin"] = two;
  }
  return out;
}

inline std::string gzipped(const std::string& plain) {
  const Scratch scratch;
  const gzFile file = gzopen(scratch.path("x.gz").c_str(), "wb");
  const bool wrote =
      file && gzwrite(file, plain.data(), static_cast<unsigned>(plain.size())) == static_cast<int>(plain.size());
  if (gzclose(file) != Z_OK || !wrote) throw std::runtime_error("cannot write " + scratch.path("x.gz"));
  return scratch.read("x.gz");
}

}  // namespace bnlab::testing
