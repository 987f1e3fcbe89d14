// The strict reader of configs.
#include "core/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"

namespace bnlab {
namespace {

std::string shown(const Json& value) {
  std::string text = value.dump();
  if (text.size() <= 60) return text;
  size_t end = 57;
  while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not in the middle of a character
  return text.substr(0, end) + "...";
}

[[noreturn]] void unknown_name(const std::string& path, const Catalog& catalog, const std::string& name) {
  throw ConfigError(path, fmt::format("unknown {} '{}'{} (known: {})", catalog.kind, name,
                                      did_you_mean(name, catalog.names()), join(catalog.names())));
}

class Reader : public Fields {
 public:
  Reader(const Json& json, std::string path) : json_(json), path_(std::move(path)) {}

  // After describing: whatever was not asked for is unknown.
  void finish() const {
    for (const auto& [key, value] : json_.items()) {
      bool known = false;
      for (const auto& name : known_) known |= name == key;
      if (known) continue;
      const std::string near = did_you_mean(key, known_);
      throw ConfigError(child(path_, key),
                        "unknown key" + (near.empty() ? owner_ + " (known: " + join(known_) + ")" : near));
    }
  }

  void boolean(const char* name, bool& value, const char*) override {
    if (const Json* at = find(name)) {
      if (!at->is_boolean()) wrong(name, "true or false", *at);
      value = at->get<bool>();
    }
  }
  void integer(const char* name, int64_t& value, Range range, const char*) override {
    if (const Json* at = find(name)) value = integer_at(*at, child(path_, name), range);
  }
  void number(const char* name, double& value, Range range, const char*) override {
    if (const Json* at = find(name)) value = number_at(*at, child(path_, name), range);
  }
  void text(const char* name, std::string& value, const char*) override {
    if (const Json* at = find(name)) {
      if (!at->is_string()) wrong(name, "a string", *at);
      value = at->get<std::string>();
    }
  }
  void option(const char* name, std::string& value, const std::vector<std::string>& known, const char*) override {
    if (const Json* at = find(name)) value = option_at(*at, child(path_, name), known);
  }
  void options(const char* name, std::vector<std::string>& value, const std::vector<std::string>& known, const char*) override {
    each(name, "a list of words", value, [&](const Json& at, const std::string& path) { return option_at(at, path, known); });
    if (value.empty()) throw ConfigError(child(path_, name), "is empty; at least one is needed (known: " + join(known) + ")");
    for (size_t i = 1; i < value.size(); ++i) {
      const auto own = value.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::find(value.begin(), own, *own) != own) throw ConfigError(child(child(path_, name), i), "'" + *own + "' stands here twice");
    }
  }
  void integers(const char* name, std::vector<int64_t>& value, Range range, const char*) override {
    each(name, "a list of integers", value, [&](const Json& at, const std::string& path) { return integer_at(at, path, range); });
  }
  void numbers(const char* name, std::vector<double>& value, Range range, const char*) override {
    each(name, "a list of numbers", value, [&](const Json& at, const std::string& path) { return number_at(at, path, range); });
  }
  void texts(const char* name, std::vector<std::string>& value, const char*) override {
    each(name, "a list of strings", value, text_at);
  }
  void group(const char* name, const char*, const Describe& describe) override {
    static const Json empty = Json::object();
    const Json* at = find(name);
    if (at && !at->is_object()) {
      const Json standard = write_fields(describe);
      const std::string hint = at->is_null() ? "; the default is " + shown(standard) : at->is_string() && standard.contains("name") ? "; write " + Json{{"name", *at}}.dump() : "";
      wrong(name, "an object { ... }", *at, hint);
    }
    Reader inner(at ? *at : empty, child(path_, name));
    describe(inner);
    inner.finish();
  }
  void list(const char* name, const char*, size_t& count, const std::function<void(Fields&, size_t)>& item) override {
    const Json* at = find(name);
    if (!at) return;
    if (!at->is_array()) wrong(name, "a list [ ... ]", *at);
    count = at->size();
    for (size_t i = 0; i < count; ++i) {
      const std::string path = child(child(path_, name), i);
      if (!(*at)[i].is_object()) throw ConfigError(path, "expected an object { ... }, got " + shown((*at)[i]));
      Reader inner((*at)[i], path);
      item(inner, i);
      inner.finish();
    }
  }
  void select(Choice& choice, const Catalog& catalog, const char*) override {
    if (const Json* at = find("name")) {
      if (!at->is_string()) wrong("name", "a string", *at);
      if (at->get<std::string>() != choice.name) choice = {at->get<std::string>(), "{}"};
    }
    const CatalogEntry* entry = catalog.find(choice.name);
    if (!entry) unknown_name(child(path_, "name"), catalog, choice.name);
    owner_ = fmt::format(" for {} '{}'", catalog.kind, choice.name);
    const auto thing = make(catalog, choice);
    thing->describe(*this);
    choice.options = write_fields([&](Fields& f) { thing->describe(f); }).dump();
  }
  void component(const char* name, Choice& choice, const Catalog& catalog, const char*, bool optional) override {
    const Json* at = find(name);
    const std::string path = child(path_, name);
    if (at && at->is_null() && optional) {
      choice = {"", "{}"};
      return;
    }
    Json object = Json::object();
    if (at && at->is_string()) {
      if (!catalog.find(at->get<std::string>())) unknown_name(path, catalog, at->get<std::string>());
      object["name"] = *at;
    } else if (at && at->is_object()) {
      object = *at;
      if (choice.name.empty() && !object.contains("name")) throw ConfigError(path, "needs a \"name\"");
    } else if (at) {
      wrong(name, fmt::format("the name of a {} or an object {{\"name\": ...}}", catalog.kind), *at);
    }
    if (!at && choice.name.empty()) return;
    Reader inner(object, path);
    inner.select(choice, catalog, "");
    inner.finish();
  }
  void map(const char* name, std::vector<Choice>& choices, const Catalog& catalog, const char*) override {
    const Json* at = find(name);
    if (!at) return;
    if (!at->is_object()) wrong(name, "an object { ... }", *at);
    choices.clear();
    for (const auto& [key, value] : at->items()) {
      const std::string path = child(child(path_, name), key);
      if (!catalog.find(key)) unknown_name(path, catalog, key);
      if (value.is_null()) continue;  // switched off by a later piece
      if (!value.is_object()) throw ConfigError(path, "expected an object { ... }, got " + shown(value));
      Choice choice{key, "{}"};
      const auto thing = make(catalog, choice);
      Reader inner(value, path);
      thing->describe(inner);
      inner.finish();
      choice.options = write_fields([&](Fields& f) { thing->describe(f); }).dump();
      choices.push_back(choice);
    }
  }
  void raw(const char* name, std::string& json, const char*) override {
    if (const Json* at = find(name)) json = at->dump();
  }
  void component_or_texts(const char* name, Choice& choice, const Catalog& catalog, const char* list_name,
                          const char* doc) override {
    const Json* at = find(name);
    if (!at || !at->is_array()) return component(name, choice, catalog, doc, false);
    const Json object = {{"name", list_name}, {list_name, *at}};
    Reader inner(object, child(path_, name));
    choice = {list_name, "{}"};
    inner.select(choice, catalog, doc);
  }

 private:
  const Json* find(const char* name) {
    known_.emplace_back(name);
    const auto at = json_.find(name);
    return at == json_.end() ? nullptr : &*at;
  }
  [[noreturn]] void wrong(const char* name, const std::string& expected, const Json& got, const std::string& hint = "") const {
    throw ConfigError(child(path_, name), "expected " + expected + ", got " + shown(got) + hint);
  }
  static int64_t integer_at(const Json& at, const std::string& path, Range range) {
    // 1e3 is meant as 1000
    const bool whole = at.is_number_float() && std::floor(at.get<double>()) == at.get<double>();
    if (!at.is_number_integer() && !whole) throw ConfigError(path, "expected an integer, got " + shown(at));
    const bool above =
        at.is_number_unsigned() && at.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    if (above || (whole && std::abs(at.get<double>()) > 9e15)) {
      throw ConfigError(
          path, shown(at) + (at.get<double>() < 0 ? " is too small" : " is too large") + " for a 64-bit integer");
    }
    const auto value = whole ? static_cast<int64_t>(at.get<double>()) : at.get<int64_t>();
    if (!range.contains(static_cast<double>(value))) throw ConfigError(path, fmt::format("{} is out of range; must be {}", value, range.text()));
    return value;
  }
  static double number_at(const Json& at, const std::string& path, Range range) {
    if (!at.is_number()) throw ConfigError(path, "expected a number, got " + shown(at));
    const double value = at.get<double>();
    if (!range.contains(value)) throw ConfigError(path, fmt::format("{} is out of range; must be {}", value, range.text()));
    return value;
  }
  static std::string text_at(const Json& at, const std::string& path) {
    if (!at.is_string()) throw ConfigError(path, "expected a string, got " + shown(at));
    return at.get<std::string>();
  }
  static std::string option_at(const Json& at, const std::string& path, const std::vector<std::string>& known) {
    const std::string value = text_at(at, path);
    for (const auto& word : known) {
      if (word == value) return value;
    }
    throw ConfigError(path,
                      fmt::format("unknown value '{}'{} (known: {})", value, did_you_mean(value, known), join(known)));
  }
  template <class Value, class Read>
  void each(const char* name, const char* expected, std::vector<Value>& values, const Read& read) {
    const Json* at = find(name);
    if (!at) return;
    if (!at->is_array()) wrong(name, expected, *at);
    values.clear();
    for (size_t i = 0; i < at->size(); ++i) values.push_back(read((*at)[i], child(child(path_, name), i)));
  }

  const Json& json_;
  std::string path_, owner_;  // owner_: what was selected, whose options these keys are
  std::vector<std::string> known_;
};

}  // namespace

void read_fields(const Document& document, const Fields::Describe& describe, const std::string& path) {
  try {
    const Json& json = path.empty() ? document.root() : *document.find(path);
    if (!json.is_object()) throw ConfigError(path, "expected an object, got " + shown(json));
    Reader reader(json, path);
    describe(reader);
    reader.finish();
  } catch (const ConfigError& error) {
    throw ConfigError("", document.explain(error.path(), error.bare()));
  }
}

std::unique_ptr<Component> make(const Catalog& catalog, const Choice& choice) {
  const CatalogEntry* entry = catalog.find(choice.name);
  if (!entry) unknown_name("", catalog, choice.name);
  auto thing = entry->make();
  const Json options = Json::parse(choice.options);
  Reader reader(options, "");
  thing->describe(reader);
  return thing;
}

}  // namespace bnlab
