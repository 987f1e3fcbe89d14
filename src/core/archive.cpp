#include "core/archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace bnlab {

Archive::Archive(std::string path, std::map<std::string, StoredTensor> stored) : reading_(true), path_(std::move(path)), stored_(std::move(stored)) {}

const StoredTensor& Archive::stored(const std::string& name) const {
  const auto at = stored_.find(prefix_ + name);
  if (at == stored_.end()) throw DataError(path_, fmt::format("has no '{}'", prefix_ + name));
  return at->second;
}

template <class X>
void Archive::tensor(const std::string& name, const std::vector<int64_t>& extents, X* data) {
  int64_t count = 1;
  for (const int64_t extent : extents) count *= extent;
  if (!reading_) {
    const auto* bytes = reinterpret_cast<const char*>(data);
    entries_.push_back({prefix_ + name, tensor_ref<X>("", {}, nullptr).dtype, extents, {bytes, bytes + static_cast<size_t>(count) * sizeof(X)}});
    return;
  }
  const StoredTensor& from = stored(name);
  if (from.values.size() != static_cast<size_t>(count)) throw DataError(path_, fmt::format("'{}' has {} values, {} are needed", prefix_ + name, from.values.size(), count));
  const std::string dtype = tensor_ref<X>("", {}, nullptr).dtype;
  if (from.dtype != dtype) throw DataError(path_, fmt::format("'{}' is {}, expected {}", prefix_ + name, from.dtype, dtype));
  if constexpr (std::is_integral_v<X>) {
    constexpr double exact = int64_t{1} << 53;
    for (const double v : from.values) require(-exact < v && v < exact, fmt::format("'{}' has {}, which nothing here counts to", name, v));
  }
  std::transform(from.values.begin(), from.values.end(), data, [](double v) { return static_cast<X>(v); });
}

template <class X>
void Archive::list(const std::string& name, std::vector<X>& values) {
  if (reading_) values.resize(stored(name).values.size());
  tensor(name, {static_cast<int64_t>(values.size())}, values.data());
}

void Archive::require(bool condition, const std::string& what) const {
  if (reading_ && !condition) throw DataError(path_, prefix_ + ": " + what);
}

std::vector<std::string> Archive::stored_below() const {
  std::vector<std::string> out;
  for (auto at = stored_.lower_bound(prefix_); at != stored_.end() && at->first.starts_with(prefix_); ++at) out.push_back(at->first.substr(prefix_.size()));
  return out;
}

void Archive::numbers(const std::string& name, std::map<std::string, double>& values) {
  scope(name, [&] {
    if (reading_) values.clear();
    for (const auto& key : stored_below()) values[key];
    for (auto& [key, value] : values) number(key, value);
  });
}

void Archive::lists(const std::string& name, std::map<std::string, std::vector<double>>& values) {
  scope(name, [&] {
    if (reading_) values.clear();
    for (const auto& key : stored_below()) values[key];
    for (auto& [key, value] : values) list(key, value);
  });
}

void Archive::save(const std::string& path, const std::map<std::string, std::string>& metadata) const {
  std::vector<TensorRef> tensors;
  for (const Entry& entry : entries_) tensors.push_back({entry.name, entry.extents, entry.bytes.data(), entry.dtype});
  write_safetensors(path, tensors, metadata);
}

#define BNLAB_ARCHIVE(X)                                                                 \
  template void Archive::tensor(const std::string&, const std::vector<int64_t>&, X*); \
  template void Archive::list(const std::string&, std::vector<X>&);
BNLAB_ARCHIVE(float)
BNLAB_ARCHIVE(double)
BNLAB_ARCHIVE(int64_t)

}  // namespace bnlab
