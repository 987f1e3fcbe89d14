// What can be taken up again says its state once; the same words put it into a checkpoint and take it from one.
#pragma once

#include <map>

#include "core/safetensors.h"

namespace bnlab {

class Archive {
 public:
  Archive() = default;                                          // to be filled
  Archive(std::string path, std::map<std::string, StoredTensor> stored);  // to be read; path: for messages
  bool reading() const { return reading_; }

  // Of known extents. Another number of values in the file is a DataError.
  template <class X>
  void tensor(const std::string& name, const std::vector<int64_t>& extents, X* data);
  // Of any length.
  template <class X>
  void list(const std::string& name, std::vector<X>& values);
  void number(const std::string& name, double& value) { tensor(name, {1}, &value); }
  void integer(const std::string& name, int64_t& value) { tensor(name, {1}, &value); }
  void numbers(const std::string& name, std::map<std::string, double>& values);
  void lists(const std::string& name, std::map<std::string, std::vector<double>>& values);

  // What must hold of what was read, whoever wrote the file: DataError.
  void require(bool condition, const std::string& what) const;

  // The names of what `body` says begin with `scope`/.
  template <class Body>
  void scope(const std::string& name, const Body& body) {
    const std::string before = prefix_;
    prefix_ += name + "/";
    body();
    prefix_ = before;
  }

  // Whole, or not at all.
  void save(const std::string& path, const std::map<std::string, std::string>& metadata) const;

 private:
  std::vector<std::string> stored_below() const;  // names under the prefix
  const StoredTensor& stored(const std::string& name) const;
  bool reading_ = false;
  std::string path_, prefix_;
  std::map<std::string, StoredTensor> stored_;
  struct Entry {
    std::string name, dtype;
    std::vector<int64_t> extents;
    std::vector<char> bytes;
  };
  std::vector<Entry> entries_;
};

}  // namespace bnlab
