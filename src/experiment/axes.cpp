#include "experiment/axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"

namespace bnlab {
namespace {

// group_norm,groups=4   8+4   lambda=0.01,epsilon=0.1
std::string words(const Json& value) {
  if (!value.is_structured()) return value.is_string() ? value.get<std::string>() : value.dump();
  std::vector<std::string> out;
  for (const auto& [key, of] : value.items()) {
    if (value.is_array() || key == "name") {
      out.insert(key == "name" ? out.begin() : out.end(), words(of));
    } else {
      out.push_back(key + "=" + words(of));
    }
  }
  return join(out, value.is_array() ? "+" : ",");
}

std::string label_of(const std::string& path, const Json& value) {
  const std::string last = path.substr(path.find_last_of('.') + 1);
  return (last == "name" ? "" : last + "=") + words(value);
}

// Every combination; labels are joined by '-'.
Axis product(const std::vector<Axis>& axes) {
  Axis out{{"", {}}};
  for (const Axis& axis : axes) {
    Axis next;
    next.reserve(out.size() * axis.size());
    for (const Setting& before : out) {
      for (const Setting& own : axis) {
        Setting both = before;
        if (!own.label.empty()) both.label += (both.label.empty() ? "" : "-") + own.label;
        both.values.insert(both.values.end(), own.values.begin(), own.values.end());
        next.push_back(std::move(both));
      }
    }
    out = std::move(next);
  }
  return out;
}

// The i-th number of the van der Corput sequence in base b (Halton 1960): the digits of i mirrored at the point.
double mirrored(uint64_t i, uint64_t b) {
  double value = 0, place = 1;
  for (; i > 0; i /= b) place /= static_cast<double>(b), value += place * static_cast<double>(i % b);
  return value;
}

const std::vector<std::string> kinds{"arms", "grid", "zip", "seeds", "halton", "blocks", "exclude"};

class AxisReader {
 public:
  AxisReader(const Document& document, const std::vector<std::string>& pinned) : document_(document), pinned_(pinned) {}

  Vary all(const Json& vary) const {
    Vary out;
    std::vector<Axis> axes;
    read_list(vary, "vary", axes, &out.exclude);
    out.settings = product_of(axes, "vary");
    return out;
  }

 private:
  void read_list(const Json& list, const std::string& path, std::vector<Axis>& axes, std::vector<std::vector<Value>>* exclude) const {
    if (!list.is_array()) fail(path, "expected a list of axes");
    for (size_t i = 0; i < list.size(); ++i) read(list[i], child(path, i), axes, exclude);
  }
  void read(const Json& axis, const std::string& path, std::vector<Axis>& out, std::vector<std::vector<Value>>* exclude) const {
    if (!axis.is_object() || axis.size() != 1) fail(path, "expected an object with one of the keys " + join(kinds));
    const std::string kind = axis.begin().key(), at = child(path, kind);
    const Json& body = axis.begin().value();
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) fail(at, "unknown axis" + did_you_mean(kind, kinds) + " (known: " + join(kinds) + ")");
    if (kind == "seeds") {
      if (!pinned("seed")) out.push_back(seeds(body, at));
    } else if (kind == "blocks") {
      out.push_back(blocks(body, at));
    } else if (kind == "exclude") {
      if (!exclude) fail(at, "stands in the outer list only: what is left out is left out of the whole product");
      leave_out(body, at, *exclude);
    } else {
      if (!body.is_object() || body.empty()) fail(at, "expected an object with at least one entry");
      if (kind == "arms") out.push_back(arms(body, at));
      if (kind == "zip") out.push_back(zip(body, at));
      if (kind == "halton") out.push_back(halton(body, at));
      if (kind == "grid") grid(body, at, out);
    }
  }
  Axis product_of(const std::vector<Axis>& axes, const std::string& path) const {
    size_t total = 1;
    for (const Axis& axis : axes) {
      total *= axis.size();
      if (total > most_runs) fail(path, fmt::format("asks for more than {} runs", most_runs));
    }
    return product(axes);
  }
  void grid(const Json& body, const std::string& path, std::vector<Axis>& out) const {
    for (const auto& [key, given] : body.items()) {
      if (pinned(key)) {  // the axis shrinks to what --set says, and keeps its label
        out.push_back({{label_of(key, *document_.find(key)), {}}});
        continue;
      }
      Axis one;
      const Json values = list(given, child(path, key));
      for (const Json& value : values) one.push_back({label_of(key, value), {written(key, value, child(child(path, key), one.size()))}});
      out.push_back(one);
    }
  }
  // One list of axes after the other.
  Axis blocks(const Json& body, const std::string& path) const {
    if (!body.is_array() || body.empty()) fail(path, "expected a list of lists of axes");
    Axis out;
    for (size_t i = 0; i < body.size(); ++i) {
      std::vector<Axis> axes;
      read_list(body[i], child(path, i), axes, nullptr);
      const Axis block = product_of(axes, child(path, i));
      out.insert(out.end(), block.begin(), block.end());
    }
    return out;
  }
  void leave_out(const Json& body, const std::string& path, std::vector<std::vector<Value>>& exclude) const {
    if (!body.is_array() || body.empty()) fail(path, "expected a list of objects of path: value");
    for (size_t i = 0; i < body.size(); ++i) {
      if (!body[i].is_object() || body[i].empty()) fail(child(path, i), "expected an object of path: value");
      std::vector<Value> all;
      for (const auto& [key, value] : body[i].items()) all.push_back({key, value, document_.where(child(path, i))});
      exclude.push_back(all);
    }
  }
  struct Span {
    double from, to;
    bool log;
    double at(double share) const {
      const double value = log ? from * std::pow(to / from, share) : from + (to - from) * share;
      return std::stod(fmt::format("{:.4g}", value));  // four digits, as a person would write it
    }
  };
  Span span(const Json& body, const std::string& path) const {
    for (const char* key : {"from", "to"}) {
      if (!body.contains(key) || !body[key].is_number()) fail(path, "expected numbers \"from\" and \"to\"");
    }
    Span out{body["from"].get<double>(), body["to"].get<double>(), true};
    if (body.contains("scale")) {
      if (body["scale"] != "log" && body["scale"] != "linear") fail(child(path, "scale"), "expected \"log\" or \"linear\"");
      out.log = body["scale"] == "log";
    }
    if (out.log && !(out.from > 0 && out.to > 0)) fail(path, "a log scale needs numbers above 0");
    return out;
  }
  int64_t whole(const Json& body, const std::string& path, const char* key, uint64_t low, uint64_t high) const {
    const Json value = body.contains(key) ? body[key] : Json();
    if (!value.is_number_unsigned() || value.get<uint64_t>() < low || value.get<uint64_t>() > high) {
      fail(child(path, key), fmt::format("expected an integer from {} to {}, got {}", low, high, value.dump()));
    }
    return value.get<int64_t>();
  }
  void only(const Json& body, const std::string& path, const std::vector<std::string>& known) const {
    for (const auto& [key, value] : body.items()) {
      if (std::find(known.begin(), known.end(), key) == known.end()) fail(child(path, key), "unknown key" + did_you_mean(key, known) + " (known: " + join(known) + ")");
    }
  }
  // Points that fill the box of the ranges evenly however many there are.
  Axis halton(const Json& body, const std::string& path) const {
    constexpr uint64_t primes[] = {2, 3, 5, 7, 11, 13};
    only(body, path, {"count", "ranges", "skip"});
    const int64_t count = whole(body, path, "count", 1, most_runs), skip = body.contains("skip") ? whole(body, path, "skip", 0, most_runs) : 0;
    if (!body.contains("ranges") || !body["ranges"].is_object() || body["ranges"].empty() || body["ranges"].size() > std::size(primes)) fail(child(path, "ranges"), "expected an object of one to six ranges");
    Axis out(static_cast<size_t>(count));
    size_t dimension = 0;
    for (const auto& [key, range] : body["ranges"].items()) {
      const std::string at = child(child(path, "ranges"), key);
      refuse_pinned(key, "Halton points");
      only(range, at, {"from", "to", "scale"});
      const Span along = span(range, at);
      for (size_t i = 0; i < out.size(); ++i) {
        const double value = along.at(mirrored(i + 1 + static_cast<uint64_t>(skip), primes[dimension]));
        out[i].label += (out[i].label.empty() ? "" : "-") + label_of(key, value);
        out[i].values.push_back(written(key, value, at));
      }
      ++dimension;
    }
    return out;
  }
  [[noreturn]] void fail(const std::string& path, const std::string& what) const { throw ConfigError("", document_.explain(path, what)); }
  bool pinned(const std::string& path) const { return std::find(pinned_.begin(), pinned_.end(), path) != pinned_.end(); }
  void refuse_pinned(const std::string& path, const char* what) const {
    if (!pinned(path)) return;
    throw UsageError(fmt::format("--set: {}: the {} of this config vary it; --set 'vary=[]' runs the config without them",
                                 path, what));
  }
  Value written(const std::string& key, const Json& value, const std::string& path) const {
    if (key == "vary" || key == "compose") fail(path, "cannot be varied");
    for (const int k : {0, 1}) {  // one would replace the other in silence
      if (key != lengths[k] || !pinned(lengths[1 - k])) continue;
      throw UsageError(fmt::format("--set: {}: an axis of this config sets {}; --set 'vary=[]' runs the config without it", lengths[1 - k], key));
    }
    for (const auto& set : pinned_) {  // "model.norm" is laid over "model.norm.epsilon", and would undo it in silence
      if (set.size() <= key.size() || !set.starts_with(key) || (set[key.size()] != '.' && set[key.size()] != '[')) continue;
      throw UsageError(fmt::format("--set: {}: an axis of this config sets the whole of {}; --set 'vary=[]' runs the config without it",
                                   set, key));
    }
    return {key, value, document_.where(path)};
  }
  // A list as it is written, or {"from": 1e-3, "to": 1, "count": 7}: evenly on a log scale.
  Json list(const Json& values, const std::string& path) const {
    if (values.is_object() && values.contains("from")) {
      only(values, path, {"from", "to", "count", "scale"});
      const Span along = span(values, path);
      const int64_t count = whole(values, path, "count", 2, most_runs);
      Json out = Json::array();
      for (int64_t i = 0; i < count; ++i) out.push_back(along.at(static_cast<double>(i) / static_cast<double>(count - 1)));
      return out;
    }
    if (!values.is_array() || values.empty()) fail(path, R"(expected a list of values, or {"from": 0.001, "to": 1, "count": 7})");
    return values;
  }
  Axis seeds(const Json& body, const std::string& path) const {
    Axis out;
    if (body.is_array() && !body.empty()) {
      for (const Json& seed : body) {  // whether they are integers is found out with the rest
        if (std::count(body.begin(), body.end(), seed) > 1) fail(child(path, out.size()), "seed " + seed.dump() + " is there twice; a seed is one observation");
        out.push_back({"", {written("seed", seed, child(path, out.size()))}});
      }
    } else if (body.is_object() && body.size() == 2 && body.contains("from") && body.contains("count")) {
      const int64_t from = whole(body, path, "from", 0, 1'000'000'000'000'000), count = whole(body, path, "count", 1, most_runs);
      for (int64_t i = 0; i < count; ++i) out.push_back({"", {written("seed", from + i, path)}});
    } else {
      fail(path, "expected a list of integers or {\"from\": 1, \"count\": 8}");
    }
    return out;
  }
  Axis arms(const Json& body, const std::string& path) const {
    Axis out;
    for (const auto& [label, values] : body.items()) {
      if (!values.is_object()) fail(child(path, label), "expected an object of path: value");
      Setting setting{label, {}};
      for (const auto& [key, value] : values.items()) {
        refuse_pinned(key, "arms");
        setting.values.push_back(written(key, value, child(child(path, label), key)));
      }
      out.push_back(setting);
    }
    return out;
  }
  Axis zip(const Json& body, const std::string& path) const {
    Axis out(list(body.begin().value(), child(path, body.begin().key())).size());
    for (const auto& [key, given] : body.items()) {
      refuse_pinned(key, "zipped values");
      const Json values = list(given, child(path, key));
      if (values.size() != out.size()) fail(child(path, key), fmt::format("has {} values, the first has {}", values.size(), out.size()));
      for (size_t i = 0; i < out.size(); ++i) {
        out[i].label += (out[i].label.empty() ? "" : "-") + label_of(key, values[i]);
        out[i].values.push_back(written(key, values[i], child(child(path, key), i)));
      }
    }
    return out;
  }

  const Document& document_;
  const std::vector<std::string>& pinned_;
};

}  // namespace

Vary read_vary(const Document& document, const std::vector<std::string>& pinned) {
  const Json* vary = document.find("vary");
  return AxisReader(document, pinned).all(vary && !vary->is_null() ? *vary : Json::array());
}

}  // namespace bnlab
