// One description of an option serves reading, writing and the schema.
//
// Whatever has options says so once:
//
//   void describe(Fields& f) override {
//     f.number("epsilon", epsilon_, above(0), "added to the variance");
//   }
//
// and three visitors use it: a Reader (strict: unknown key, wrong type, out of range are errors that name the place
// and the nearest word), a Writer (the resolved config, every default spelt out) and a Schema (JSON Schema, draft 7).
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/document.h"

namespace bnlab {

class Fields;

class Component {
 public:
  virtual ~Component() = default;
  virtual void describe(Fields&) {}
};

struct CatalogEntry {
  std::string name, summary;
  std::function<std::unique_ptr<Component>()> make;
};

// The named things of one kind: what `bnlab list` shows and what a config may say.
struct Catalog {
  std::string kind;  // "norm"
  std::vector<CatalogEntry> entries;
  const CatalogEntry* find(const std::string& name) const;
  std::vector<std::string> names() const;
};

// A chosen entry and its options, validated and with every default spelt out (a JSON object as text).
struct Choice {
  std::string name;
  std::string options = "{}";
};

struct Range {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool open_low = false, open_high = false;
  bool contains(double value) const;
  std::string text() const;  // "at least 1", "above 0 and below 1"
};
Range any();
Range at_least(double low);
Range above(double low);
Range between(double low, double high);
Range from_below(double low, double high);  // low <= value < high

class Fields {
 public:
  using Describe = std::function<void(Fields&)>;
  virtual ~Fields() = default;
  virtual void boolean(const char* name, bool& value, const char* doc) = 0;
  virtual void integer(const char* name, int64_t& value, Range range, const char* doc) = 0;
  virtual void number(const char* name, double& value, Range range, const char* doc) = 0;
  virtual void text(const char* name, std::string& value, const char* doc) = 0;
  virtual void option(const char* name, std::string& value, const std::vector<std::string>& known, const char* doc) = 0;
  virtual void options(const char* name, std::vector<std::string>& value, const std::vector<std::string>& known,
                       const char* doc) = 0;
  virtual void integers(const char* name, std::vector<int64_t>& value, Range range, const char* doc) = 0;
  virtual void numbers(const char* name, std::vector<double>& value, Range range, const char* doc) = 0;
  virtual void texts(const char* name, std::vector<std::string>& value, const char* doc) = 0;
  virtual void group(const char* name, const char* doc, const Describe& describe) = 0;
  virtual void list(const char* name, const char* doc, size_t& count, const std::function<void(Fields&, size_t)>& item) = 0;
  // "name" in this very object, the options of the chosen thing beside it.
  virtual void select(Choice& choice, const Catalog& catalog, const char* doc) = 0;
  // An object of its own, {"name": ..., options}; a plain string is short for one without options, null (where
  // `optional`) for none.
  virtual void component(const char* name, Choice& choice, const Catalog& catalog, const char* doc, bool optional = false) = 0;
  // An object whose keys are entries of the catalog: {"distribution": {...}, ...}.
  virtual void map(const char* name, std::vector<Choice>& choices, const Catalog& catalog, const char* doc) = 0;
  // Left as it is, for whoever interprets it.
  virtual void raw(const char* name, std::string& json, const char* doc) = 0;
  // A list of texts that may also be an object with a "name" (placements).
  virtual void component_or_texts(const char* name, Choice& choice, const Catalog& catalog, const char* list_name,
                                  const char* doc) = 0;
};

// Reads `document` strictly, or what it has at `path`. Errors are ConfigErrors with the place in front.
void read_fields(const Document& document, const Fields::Describe& describe, const std::string& path = "");
Json write_fields(const Fields::Describe& describe);
Json schema_fields(const std::string& title, const Fields::Describe& describe);

// What a person is told of one entry's options, for `bnlab list KIND`.
struct OptionText {
  std::string name, type, standard, doc;
};
std::vector<OptionText> option_texts(const Fields::Describe& describe);

// A component of the catalog with the options of the choice.
std::unique_ptr<Component> make(const Catalog& catalog, const Choice& choice);
template <class Base>
std::unique_ptr<Base> make_as(const Catalog& catalog, const Choice& choice) {
  return std::unique_ptr<Base>(static_cast<Base*>(make(catalog, choice).release()));
}

// The choice of `name` with its default options.
Choice chosen(const Catalog& catalog, const std::string& name);

}  // namespace bnlab
