// JSON Schema (draft 7) of what the reader accepts, and the same in words.
#include "core/fields.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/text.h"

namespace bnlab {
namespace {

class Schema : public Fields {
 public:
  Json properties = Json::object();
  std::vector<Json> variants;  // of a select: the properties of each

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
  }
  void list(const char* name, const char* doc, size_t&, const std::function<void(Fields&, size_t)>& item) override {
    Schema inner;
    item(inner, 0);
    properties[name] = array(inner.object());
    properties[name]["description"] = doc;
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
  }
  void raw(const char* name, std::string&, const char* doc) override { properties[name] = {{"description", doc}}; }
  void component_or_texts(const char* name, Choice& choice, const Catalog& catalog, const char*, const char* doc) override {
    Json any = of(catalog, choice, doc);
    any.push_back(array({{"type", "string"}}));
    properties[name] = {{"anyOf", any}, {"description", doc}, {"default", choice.name}};
  }

 private:
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
  std::vector<OptionText> out;
  for (const auto& [name, value] : schema.properties.items()) {
    std::string type = value.contains("type") ? value["type"].get<std::string>() : "choice";
    if (value.contains("enum")) type = join(value["enum"].get<std::vector<std::string>>(), " | ");
    out.push_back({name, type, value.contains("default") ? value["default"].dump() : "", value.value("description", "")});
  }
  return out;
}

}  // namespace bnlab
