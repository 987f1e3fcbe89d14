// The safetensors layout: u64 length of a JSON header, the header, raw little-endian tensors. Read by Python's numpy world.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/files.h"

namespace bnlab {

struct TensorRef {
  std::string name;
  std::vector<int64_t> shape;
  const void* data;
  std::string dtype;  // "F32", "F64", "I32", "I64"
};

template <class T>
TensorRef tensor_ref(std::string name, std::vector<int64_t> shape, const T* data);

void write_safetensors(const std::string& path, const std::vector<TensorRef>& tensors, const std::map<std::string, std::string>& metadata, OnDisk when = OnDisk::now);

struct StoredTensor {
  std::string dtype;
  std::vector<int64_t> shape;
  std::vector<double> values;
};

// All numbers as double. Sizes and offsets are checked against the file before they are believed; all tensors together have
// no more bytes than the file. DataError.
std::map<std::string, StoredTensor> read_safetensors(const std::string& path, std::map<std::string, std::string>* metadata = nullptr);

}  // namespace bnlab
