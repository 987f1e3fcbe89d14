#include "core/safetensors.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/document.h"
#include "core/error.h"

namespace bnlab {
namespace {

static_assert(std::endian::native == std::endian::little);

size_t bytes_of(const std::string& dtype) { return dtype == "F64" || dtype == "I64" ? 8 : dtype == "F32" || dtype == "I32" ? 4 : 0; }

template <class Stored>
void widen(const uint8_t* from, std::vector<double>& out) {
  for (size_t i = 0; i < out.size(); ++i) {
    Stored value;
    std::memcpy(&value, from + i * sizeof value, sizeof value);
    out[i] = static_cast<double>(value);
  }
}

using Header = nlohmann::json;  // sorted: a header of a million names is still read at once

StoredTensor tensor_at(const std::string& path, const std::string& name, const Header& entry, const uint8_t* data, size_t size, size_t left) {
  auto fail = [&](const std::string& what) { throw DataError(path, fmt::format("tensor '{}': {}", name, what)); };
  if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string() || !entry.contains("shape") || !entry["shape"].is_array() ||
      !entry.contains("data_offsets") || !entry["data_offsets"].is_array() || entry["data_offsets"].size() != 2) {
    fail("needs dtype, shape and data_offsets");
  }
  StoredTensor tensor;
  tensor.dtype = entry["dtype"].get<std::string>();
  const size_t width = bytes_of(tensor.dtype);
  if (width == 0) fail("dtype " + tensor.dtype + " is not read here");
  uint64_t count = 1;
  for (const Header& extent : entry["shape"]) {
    if (!extent.is_number_unsigned() || (extent.get<uint64_t>() > 0 && count > size / extent.get<uint64_t>())) fail("impossible shape");
    count *= extent.get<uint64_t>();
    tensor.shape.push_back(extent.get<int64_t>());
  }
  const Header &first = entry["data_offsets"][0], &last = entry["data_offsets"][1];
  if (!first.is_number_unsigned() || !last.is_number_unsigned()) fail("malformed data_offsets");
  const auto begin = first.get<uint64_t>(), end = last.get<uint64_t>();
  if (begin > end || end > size || end - begin != count * width) fail(fmt::format("data_offsets {}..{} do not fit", begin, end));
  if (end - begin > left) fail("lies over another one");
  tensor.values.resize(count);
  if (tensor.dtype == "F32") widen<float>(data + begin, tensor.values);
  if (tensor.dtype == "F64") widen<double>(data + begin, tensor.values);
  if (tensor.dtype == "I32") widen<int32_t>(data + begin, tensor.values);
  if (tensor.dtype == "I64") widen<int64_t>(data + begin, tensor.values);
  return tensor;
}

}  // namespace

template <class T>
TensorRef tensor_ref(std::string name, std::vector<int64_t> shape, const T* data) {
  return {std::move(name), std::move(shape), data, std::is_same_v<T, float> ? "F32" : std::is_same_v<T, double> ? "F64" : sizeof(T) == 8 ? "I64" : "I32"};
}
template TensorRef tensor_ref(std::string, std::vector<int64_t>, const float*);
template TensorRef tensor_ref(std::string, std::vector<int64_t>, const double*);
template TensorRef tensor_ref(std::string, std::vector<int64_t>, const int32_t*);
template TensorRef tensor_ref(std::string, std::vector<int64_t>, const int64_t*);

void write_safetensors(const std::string& path, const std::vector<TensorRef>& tensors, const std::map<std::string, std::string>& metadata, OnDisk when) {
  std::string header = "{", data;
  auto key = [&](const std::string& name) {
    if (header.size() > 1) header += ',';
    header += Json(name).dump() + ':';
  };
  if (!metadata.empty()) key("__metadata__"), header += Json(metadata).dump();
  for (const TensorRef& tensor : tensors) {
    size_t bytes = bytes_of(tensor.dtype);
    for (const int64_t extent : tensor.shape) bytes *= static_cast<size_t>(extent);
    key(tensor.name);  // written out: a tree of small objects would take longer than all tensors of a small network
    header += fmt::format(R"({{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", tensor.dtype, fmt::join(tensor.shape, ","), data.size(), data.size() + bytes);
    data.append(static_cast<const char*>(tensor.data), bytes);
  }
  header += '}';
  header.append((8 - header.size() % 8) % 8, ' ');
  const uint64_t length = header.size();
  write_atomically(path, std::string(reinterpret_cast<const char*>(&length), sizeof length) + header + data, when);
}

std::map<std::string, StoredTensor> read_safetensors(const std::string& path, std::map<std::string, std::string>* metadata) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  uint64_t length = 0;
  if (bytes.size() < sizeof length) throw DataError(path, "too short for a safetensors file");
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > bytes.size() - sizeof length || length > 100'000'000) throw DataError(path, "the header's length does not fit the file");
  const auto* text = bytes.data() + sizeof length;
  const Header header = Header::parse(text, text + length, nullptr, false);
  if (!header.is_object()) throw DataError(path, "the header is not a JSON object");
  const size_t size = bytes.size() - sizeof length - length;
  size_t left = size;  // many names of the same bytes would be a large thing from a small file
  std::map<std::string, StoredTensor> out;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      for (const auto& [key, value] : entry.items()) {
        if (metadata && value.is_string()) (*metadata)[key] = value.get<std::string>();
      }
      continue;
    }
    StoredTensor tensor = tensor_at(path, name, entry, text + length, size, left);
    left -= tensor.values.size() * bytes_of(tensor.dtype);
    out[name] = std::move(tensor);
  }
  return out;
}

}  // namespace bnlab
