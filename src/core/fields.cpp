#include "core/fields.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"

namespace bnlab {

const CatalogEntry* Catalog::find(const std::string& name) const {
  for (const auto& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::vector<std::string> Catalog::names() const {
  std::vector<std::string> out;
  for (const auto& entry : entries) out.push_back(entry.name);
  return out;
}

bool Range::contains(double value) const {
  return (open_low ? value > low : value >= low) && (open_high ? value < high : value <= high);
}

std::string Range::text() const {
  std::string out;
  if (std::isfinite(low)) out = fmt::format("{} {}", open_low ? "above" : "at least", low);
  if (std::isfinite(high)) out += fmt::format("{}{} {}", out.empty() ? "" : " and ", open_high ? "below" : "at most", high);
  return out;
}

Range any() { return {}; }
Range at_least(double low) { return {low}; }
Range above(double low) { return {low, std::numeric_limits<double>::infinity(), true}; }
Range between(double low, double high) { return {low, high}; }
Range from_below(double low, double high) { return {low, high, false, true}; }

namespace {

class Writer : public Fields {
 public:
  Json out = Json::object();

  void boolean(const char* name, bool& value, const char*) override { out[name] = value; }
  void integer(const char* name, int64_t& value, Range, const char*) override { out[name] = value; }
  void number(const char* name, double& value, Range, const char*) override { out[name] = value; }
  void text(const char* name, std::string& value, const char*) override { out[name] = value; }
  void option(const char* name, std::string& value, const std::vector<std::string>&, const char*) override { out[name] = value; }
  void options(const char* name, std::vector<std::string>& value, const std::vector<std::string>&, const char*) override {
    out[name] = value;
  }
  void integers(const char* name, std::vector<int64_t>& value, Range, const char*) override { out[name] = value; }
  void numbers(const char* name, std::vector<double>& value, Range, const char*) override { out[name] = value; }
  void texts(const char* name, std::vector<std::string>& value, const char*) override { out[name] = value; }
  void group(const char* name, const char*, const Describe& describe) override {
    Writer inner;
    describe(inner);
    out[name] = std::move(inner.out);
  }
  void list(const char* name, const char*, size_t& count, const std::function<void(Fields&, size_t)>& item) override {
    out[name] = Json::array();
    for (size_t i = 0; i < count; ++i) {
      Writer inner;
      item(inner, i);
      out[name].push_back(std::move(inner.out));
    }
  }
  void select(Choice& choice, const Catalog&, const char*) override {
    out["name"] = choice.name;
    const Json options = Json::parse(choice.options);
    for (const auto& [key, value] : options.items()) out[key] = value;
  }
  void component(const char* name, Choice& choice, const Catalog& catalog, const char* doc, bool) override {
    if (choice.name.empty()) {
      out[name] = nullptr;
    } else {
      group(name, doc, [&](Fields& f) { f.select(choice, catalog, doc); });
    }
  }
  void map(const char* name, std::vector<Choice>& choices, const Catalog&, const char*) override {
    out[name] = Json::object();
    for (const Choice& choice : choices) out[name][choice.name] = Json::parse(choice.options);
  }
  void raw(const char* name, std::string& json, const char*) override {
    if (!json.empty()) out[name] = Json::parse(json);
  }
  void component_or_texts(const char* name, Choice& choice, const Catalog& catalog, const char*, const char* doc) override {
    component(name, choice, catalog, doc, false);
  }
};

}  // namespace

Json write_fields(const Fields::Describe& describe) {
  Writer writer;
  describe(writer);
  return std::move(writer.out);
}

Choice chosen(const Catalog& catalog, const std::string& name) {
  const auto thing = make(catalog, {name, "{}"});
  return {name, write_fields([&](Fields& f) { thing->describe(f); }).dump()};
}

}  // namespace bnlab
