// JSON Schema (draft 7) of what the reader accepts, and the same in words.
#include "core/fields.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "core/text.h"

namespace bnlab {
namespace {

class Schema : public Fields {
 public:
  Json properties = Json::object();
  std::vector<Json> variants;  // of a select: the properties of each

  // In words; of a group its own keys, as "augment.flip".
  std::vector<OptionText> texts() const {
    std::vector<OptionText> out;
    if (!variants.empty()) out.push_back(text_of("name", variants[0]["name"]));
    for (const auto& [name, value] : properties.items()) {
      const auto group = groups_.find(name);
      if (group == groups_.end()) {
        out.push_back(text_of(name, value));
      } else {
        out.insert(out.end(), group->second.begin(), group->second.end());
      }
    }
    return out;
  }

  Json object() const {
    auto closed = [](const Json& of) {
      return Json{{"type", "object"}, {"properties", of}, {"additionalProperties", false}};
    };
    if (variants.empty()) return closed(properties);
    Json any = Json::array();
    for (Json variant : variants) {
      for (const auto& [key, value] : properties.items()) variant[key] = value;
      any.push_back(closed(variant));
    }
    return any.size() == 1 ? any[0] : Json{{"anyOf", any}};
  }

  void boolean(const char* name, bool& value, const char* doc) override { put(name, {{"type", "boolean"}}, value, doc); }
  void integer(const char* name, int64_t& value, Range range, const char* doc) override {
    put(name, ranged("integer", range), value, doc);
  }
  void number(const char* name, double& value, Range range, const char* doc) override {
    put(name, ranged("number", range), value, doc);
  }
  void text(const char* name, std::string& value, const char* doc) override { put(name, {{"type", "string"}}, value, doc); }
  void option(const char* name, std::string& value, const std::vector<std::string>& known, const char* doc) override {
    put(name, {{"enum", known}}, value, doc);
  }
  void options(const char* name, std::vector<std::string>& value, const std::vector<std::string>& known, const char* doc) override {
    put(name, array({{"enum", known}}), value, doc);
  }
  void integers(const char* name, std::vector<int64_t>& value, Range range, const char* doc) override {
    put(name, array(ranged("integer", range)), value, doc);
  }
  void numbers(const char* name, std::vector<double>& value, Range range, const char* doc) override {
    put(name, array(ranged("number", range)), value, doc);
  }
  void texts(const char* name, std::vector<std::string>& value, const char* doc) override {
    put(name, array({{"type", "string"}}), value, doc);
  }
  void group(const char* name, const char* doc, const Describe& describe) override {
    Schema inner;
    describe(inner);
    properties[name] = inner.object();
    properties[name]["description"] = doc;
    keep_texts(name, ".", inner);
  }
  void list(const char* name, const char* doc, size_t&, const std::function<void(Fields&, size_t)>& item) override {
    Schema inner;
    item(inner, 0);
    properties[name] = array(inner.object());
    properties[name]["description"] = doc;
    keep_texts(name, "[].", inner);
  }
  void select(Choice& choice, const Catalog& catalog, const char* doc) override {
    for (const auto& entry : catalog.entries) {
      Schema inner;
      inner.properties["name"] = {{"const", entry.name}, {"description", doc}, {"default", choice.name}};
      entry.make()->describe(inner);
      variants.push_back(inner.properties);
    }
  }
  void component(const char* name, Choice& choice, const Catalog& catalog, const char* doc, bool optional) override {
    Json any = of(catalog, choice, doc);
    if (optional) any.push_back({{"type", "null"}});
    properties[name] = {{"anyOf", any}, {"description", doc}};
    properties[name]["default"] = choice.name.empty() ? Json(nullptr) : Json(choice.name);
  }
  void map(const char* name, std::vector<Choice>&, const Catalog& catalog, const char* doc) override {
    Schema inner;
    for (const auto& entry : catalog.entries) {
      Schema options;
      entry.make()->describe(options);
      inner.properties[entry.name] = {{"anyOf", Json::array({options.object(), {{"type", "null"}}})}, {"description", entry.summary}};
    }
    properties[name] = inner.object();
    properties[name]["description"] = doc;
    keep_texts(name, ".", inner);
  }
  void raw(const char* name, std::string&, const char* doc) override { properties[name] = {{"description", doc}}; }
  void component_or_texts(const char* name, Choice& choice, const Catalog& catalog, const char*, const char* doc) override {
    Json any = of(catalog, choice, doc);
    any.push_back(array({{"type", "string"}}));
    properties[name] = {{"anyOf", any}, {"description", doc}, {"default", choice.name}};
  }

 private:
  static OptionText text_of(const std::string& name, const Json& value) {
    std::string type = value.contains("type") ? value["type"].get<std::string>() : "choice";
    const Json& one = value.contains("items") ? value["items"] : value;
    if (one.contains("enum")) type = join(one["enum"].get<std::vector<std::string>>(), " | ");
    return {name, type, value.contains("default") ? value["default"].dump() : "", value.value("description", "")};
  }
  void keep_texts(const std::string& name, const char* separator, const Schema& inner) {
    groups_[name] = inner.texts();
    for (OptionText& text : groups_[name]) text.name = name + separator + text.name;
  }
  static Json of(const Catalog& catalog, Choice& choice, const char* doc) {
    Schema inner;
    inner.select(choice, catalog, doc);
    Json any = Json::array({Json{{"enum", catalog.names()}}});
    for (const Json& variant : inner.variants) {
      any.push_back({{"type", "object"}, {"properties", variant}, {"additionalProperties", false}});
    }
    return any;
  }
  static Json array(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
  static Json ranged(const char* type, Range range) {
    Json out = {{"type", type}};
    if (std::isfinite(range.low)) out[range.open_low ? "exclusiveMinimum" : "minimum"] = range.low;
    if (std::isfinite(range.high)) out[range.open_high ? "exclusiveMaximum" : "maximum"] = range.high;
    return out;
  }
  template <class Value>
  void put(const char* name, Json schema, const Value& standard, const char* doc) {
    schema["description"] = doc;
    schema["default"] = standard;
    properties[name] = std::move(schema);
  }

  std::map<std::string, std::vector<OptionText>> groups_;
};

}  // namespace

Json schema_fields(const std::string& title, const Fields::Describe& describe) {
  Schema schema;
  describe(schema);
  Json out = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
  out.update(schema.object());
  return out;
}

std::vector<OptionText> option_texts(const Fields::Describe& describe) {
  Schema schema;
  describe(schema);
  return schema.texts();
}

}  // namespace bnlab
