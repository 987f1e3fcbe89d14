#include "core/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"

namespace bnlab {
namespace {

constexpr size_t max_depth = 32;
constexpr size_t max_bytes = 4 << 20;

// Reads characters and tells how far the parser has come, which nlohmann's SAX interface does not.
struct TrackedIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  const char* at;
  const char** furthest;
  const char& operator*() const { return *at; }
  TrackedIterator& operator++() {
    ++at;
    if (at > *furthest) *furthest = at;
    return *this;
  }
  TrackedIterator operator++(int) {
    TrackedIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const TrackedIterator& other) const { return at == other.at; }
  bool operator!=(const TrackedIterator& other) const { return at != other.at; }
};

class TreeBuilder : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(const std::string& text, std::string name) : begin_(text.data()), counted_(text.data()), name_(std::move(name)) {}
  const char* position = nullptr;
  Json root;
  std::map<std::string, std::string> origin;
  std::string error;
  bool malformed = false;  // the error is one of syntax

  bool null() override { return put(Json(nullptr), 0); }
  bool boolean(bool value) override { return put(value, 0); }
  bool number_integer(number_integer_t value) override { return put(value, 1); }
  bool number_unsigned(number_unsigned_t value) override { return put(value, 1); }
  bool number_float(number_float_t value, const string_t&) override { return put(value, 1); }
  bool string(string_t& value) override { return put(value, 0); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    auto& object = *stack_.back().json;
    const std::string path = child(stack_.back().path, value);
    if (object.contains(value)) {
      error = fmt::format("{}:{}: {}: written twice (first at {})", name_, line(0), path, origin[path]);
      return false;
    }
    key_ = value;
    origin[path] = fmt::format("{}:{}", name_, line(0));
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& exception) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - WHAT"
    std::string what = exception.what();
    const std::pair<const char*, const char*> preambles[] = {
        {"[", "] "}, {"parse error at line ", ": "}, {"syntax error while ", " - "}};
    for (const auto& [begin, end] : preambles) {
      const size_t at = what.find(end);
      if (what.starts_with(begin) && at != std::string::npos) what.erase(0, at + std::string(end).size());
    }
    const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
    if (!std::all_of(what.begin(), what.end(), printable)) {  // no binary to the terminal
      what.resize(std::min(what.size(), what.find("; last read: ")));
    }
    if (what.find("control character U+000A") != std::string::npos) what = "this string is not closed on its line";
    if (after_comma()) what += "; is the comma before it one too many?";
    error = fmt::format("{}:{}: not valid JSON: {}", name_, line(1), what);
    malformed = true;
    return false;
  }

 private:
  struct Level {
    Json* json;
    std::string path;
  };

  // Has a closing bracket just been read that follows a comma?
  bool after_comma() const {
    const char* at = position;
    if (at == begin_ || (*--at != '}' && *at != ']')) return false;
    while (at > begin_ && (at[-1] == ' ' || at[-1] == '\t' || at[-1] == '\r' || at[-1] == '\n')) --at;
    return at > begin_ && at[-1] == ',';
  }

  // Numbers (and much that is wrong) end one character late: the parser must see what follows them.
  size_t line(int late) {
    const char* end = position - (late && position > begin_ ? 1 : 0);
    for (; counted_ < end; ++counted_) lines_ += *counted_ == '\n';
    return lines_;
  }
  Json* place(Json value, int late) {
    if (stack_.empty()) {
      root = std::move(value);
      return &root;
    }
    Level& top = stack_.back();
    std::string path;
    Json* placed;
    if (top.json->is_array()) {
      path = child(top.path, top.json->size());
      top.json->push_back(std::move(value));
      placed = &top.json->back();
    } else {
      path = child(top.path, key_);
      placed = &((*top.json)[key_] = std::move(value));
    }
    path_ = path;
    origin[path] = fmt::format("{}:{}", name_, line(late));
    return placed;
  }
  bool put(Json value, int late) { return place(std::move(value), late), true; }
  bool open(Json empty) {
    if (stack_.size() >= max_depth) {
      error = fmt::format("{}:{}: nested deeper than {} levels", name_, line(0), max_depth);
      return false;
    }
    path_.clear();
    Json* placed = place(std::move(empty), 0);
    stack_.push_back({placed, path_});
    return true;
  }
  bool close() { return stack_.pop_back(), true; }

  const char* begin_;
  const char* counted_;
  size_t lines_ = 1;
  std::string name_, key_, path_;
  std::vector<Level> stack_;
};

// "a.b[2].c" -> {"a", "b", "[2]", "c"}
std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> parts(1);
  for (char c : path) {
    if (c == '.') {
      parts.emplace_back();
    } else if (c == '[') {
      parts.emplace_back("[");
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// "[12]" -> 12
std::optional<size_t> index_of(const std::string& part) {
  const bool brackets = part.size() > 2 && part.size() < 9 && part.front() == '[' && part.back() == ']';
  if (!brackets || part.find_first_not_of("0123456789", 1) != part.size() - 1) return std::nullopt;
  return std::stoul(part.substr(1));
}

// To nlohmann's reader a zero byte is the end: what follows it would go unread, and unmentioned.
void refuse_binary(const std::string& text, const std::string& name) {
  const size_t zero = text.find('\0');
  if (zero == std::string::npos) return;
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n');
  throw ConfigError("", fmt::format("{}:{}: a zero byte; this is no text in UTF-8", name, line));
}

bool sax_parse(const std::string& text, TreeBuilder& builder) {
  builder.position = text.data();
  const TrackedIterator begin{text.data(), &builder.position}, end{text.data() + text.size(), &builder.position};
  return Json::sax_parse(begin, end, &builder, Json::input_format_t::json, true, true);
}

// The value of a --set: JSON, under the rules of a file, where it reads as JSON; else a string.
Json read_value(const std::string& path, const std::string& text) {
  TreeBuilder builder(text, "--set");
  if (sax_parse(text, builder)) return builder.root;
  if (!builder.malformed) throw UsageError(fmt::format("{} (in the value of {})", builder.error, path));
  try {
    static_cast<void>(Json(text).dump());
  } catch (const Json::exception&) {
    throw UsageError(fmt::format("--set: {}: the value is not UTF-8", path));
  }
  return text;
}

// Below the sections (data, model, ...), an object that names another thing starts afresh: the options of one
// normalizer mean nothing to the next. Sections keep theirs: data.train_size outlives a change of data.name.
bool names_another(const Json& object, const Json& name, int depth) {
  return depth >= 2 && object.contains("name") && object["name"] != name;
}

void merge_into(Json& base, const Json& over, int depth = 0) {
  if (!base.is_object() || !over.is_object() || (over.contains("name") && names_another(base, over["name"], depth))) {
    base = over;
    return;
  }
  for (const auto& [key, value] : over.items()) {
    Json& slot = base[key];
    // "norm": "batch_norm" is short for "norm": {"name": "batch_norm"}
    if (slot.is_string() && value.is_object()) slot = Json{{"name", slot}};
    if (slot.is_object() && value.is_string() && slot.contains("name")) {
      if (slot["name"] == value) continue;
    }
    merge_into(slot, value, depth + 1);
  }
}

}  // namespace

std::string child(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}
std::string child(const std::string& path, size_t index) { return fmt::format("{}[{}]", path, index); }

Document::Document() : root_(std::make_shared<Json>(Json::object())) {}

void Document::own() {
  if (root_.use_count() > 1) root_ = std::make_shared<Json>(*root_);
}

Document Document::parse(const std::string& text, const std::string& name) {
  if (text.size() > max_bytes) throw ConfigError("", name + ": larger than 4 MiB; this is no config");
  refuse_binary(text, name);
  TreeBuilder builder(text, name);
  if (!sax_parse(text, builder)) throw ConfigError("", builder.error);
  if (!builder.root.is_object()) throw ConfigError("", name + ":1: expected an object { ... } at the top");
  Document document;
  document.root_ = std::make_shared<Json>(std::move(builder.root));
  document.origin_ = std::move(builder.origin);
  return document;
}

Document Document::read(const std::string& path) { return parse(read_text(path, max_bytes + 1), path); }

void Document::merge(const Document& other) {
  own();
  merge_into(*root_, *other.root_);
  for (const auto& [path, where] : other.origin_) origin_[path] = where;
}

void Document::set(const std::string& assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw UsageError(fmt::format("--set: '{}': expected PATH=VALUE, as in --set train.steps=100", assignment));
  }
  const std::string path = assignment.substr(0, equals);
  set(path, read_value(path, assignment.substr(equals + 1)), "--set");
}

void Document::set(const std::string& path, const Json& value, const std::string& origin) {
  own();
  Json* at = root_.get();
  std::string so_far;
  int depth = 0;
  const std::vector<std::string> parts = split(path);
  if (parts.size() > max_depth) {
    throw UsageError(fmt::format("{}: {}...: deeper than {} levels", origin, path.substr(0, 60), max_depth));
  }
  for (const std::string& part : parts) {
    if (part.empty()) throw UsageError(fmt::format("{}: '{}': empty name in the path", origin, path));
    if (part[0] == '[') {
      const auto index = index_of(part);
      if (!index) throw UsageError(fmt::format("{}: {}: malformed index '{}'", origin, path, part));
      so_far += part;
      if (!at->is_array() || *index >= at->size()) {
        throw UsageError(fmt::format("{}: {}: there is no {}", origin, path, so_far));
      }
      at = &(*at)[*index];
    } else {
      if (at->is_string()) *at = Json{{"name", *at}};
      if (at->is_null()) *at = Json::object();
      if (!at->is_object()) throw UsageError(fmt::format("{}: {}: {} is not an object", origin, path, so_far));
      so_far = child(so_far, part);
      if (part == "name" && names_another(*at, value, depth)) *at = Json::object();
      ++depth;
      at = &(*at)[part];
    }
    origin_[so_far] = origin;
  }
  *at = value;
  forget_below(so_far);
}

// What was written below a path that has been replaced: its places no longer say where anything is.
void Document::forget_below(const std::string& path) {
  for (auto at = origin_.upper_bound(path); at != origin_.end() && at->first.starts_with(path);) {
    const char next = at->first[path.size()];
    at = next == '.' || next == '[' ? origin_.erase(at) : std::next(at);
  }
}

void Document::erase(const std::string& path) {
  own();
  Json* at = root_.get();
  const auto parts = split(path);
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    if (!at->is_object() || !at->contains(parts[i])) return;
    at = &(*at)[parts[i]];
  }
  if (at->is_object()) at->erase(parts.back());
}

const Json* Document::find(const std::string& path) const {
  const Json* at = root_.get();
  for (const std::string& part : split(path)) {
    if (const auto index = index_of(part)) {
      if (!at->is_array() || *index >= at->size()) return nullptr;
      at = &(*at)[*index];
    } else {
      if (!at->is_object() || !at->contains(part)) return nullptr;
      at = &(*at)[part];
    }
  }
  return at;
}

std::string Document::where(std::string path) const {
  while (true) {
    if (const auto found = origin_.find(path); found != origin_.end()) return found->second;
    const size_t cut = path.find_last_of(".[");
    if (cut == std::string::npos) return "";
    path.resize(cut);
  }
}

std::string Document::explain(const std::string& path, const std::string& what) const {
  const std::string place = where(path);
  std::string out = place.empty() ? "" : place + ": ";
  if (!path.empty()) out += path + ": ";
  return out + what;
}

}  // namespace bnlab
