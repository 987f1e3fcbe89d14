// A JSON document that remembers where each value was written, so that an error can say file and line.
//
// Comments (// and /* */) are allowed, duplicate keys are not, nesting is bounded. Values are addressed by a dotted
// path: "model.norm.epsilon", "model.widths[2]".
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace bnlab {

using Json = nlohmann::ordered_json;

class Document {
 public:
  Document();
  static Document parse(const std::string& text, const std::string& name);
  static Document read(const std::string& path);

  const Json& root() const { return *root_; }

  // Lays `other` over this document: objects are merged, everything else is replaced.
  void merge(const Document& other);

  // One `path=value` of the command line. A value that is not JSON is taken as a string.
  void set(const std::string& assignment);
  void set(const std::string& path, const Json& value, const std::string& origin);
  void erase(const std::string& path);
  const Json* find(const std::string& path) const;

  // "configs/x.json:14", "--set" or the nearest written ancestor's place; "" where nothing is known.
  std::string where(std::string path) const;

  // ConfigError -> the same with the place in front.
  std::string explain(const std::string& path, const std::string& what) const;

 private:
  std::shared_ptr<Json> root_;                 // shared between copies until one of them writes
  std::map<std::string, std::string> origin_;  // path -> where it was written
  void own();
  void forget_below(const std::string& path);
};

std::string child(const std::string& path, std::string_view key);
std::string child(const std::string& path, size_t index);

}  // namespace bnlab
