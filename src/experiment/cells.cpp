#include "experiment/cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "build_info.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"

namespace bnlab {
namespace {

std::string find_piece(const std::string& piece, const std::string& from, const Document& document, const std::string& path) {
  const std::string file = piece.size() > 5 && piece.substr(piece.size() - 5) == ".json" ? piece : piece + ".json";
  const std::string beside = std::filesystem::path(from).parent_path().string();
  std::vector<std::string> tried;
  for (const std::string& root : {beside.empty() ? std::string(".") : beside, std::string("configs"), std::string(BNLAB_SOURCE_DIR "/configs")}) {
    tried.push_back(root + "/" + file);
    if (is_file(tried.back())) return tried.back();
  }
  throw ConfigError("", document.explain(path, fmt::format("no piece '{}' (looked for {})", piece, join(tried))));
}

std::string canonical(const std::string& path) {
  std::error_code error;
  const auto real = std::filesystem::weakly_canonical(path, error);
  return error ? path : real.string();
}

// How long to train, in two units. "train.epochs" of 0 says nothing.
constexpr const char* lengths[] = {"train.steps", "train.epochs"};

bool says(const Document& document, int k) {
  const Json* value = document.find(lengths[k]);
  return value && (k == 0 || *value != 0);
}

// What an earlier layer said of the length of training goes where `path`, set just now, says it in the other unit.
void give_way(Document& document, const std::string& path) {
  for (const int k : {0, 1}) {
    if (path == lengths[k] && says(document, k)) document.erase(lengths[1 - k]);
  }
}

void lay(Document& under, const Document& over) {
  for (const int k : {0, 1}) {
    if (says(over, k) && !says(over, 1 - k)) under.erase(lengths[1 - k]);
  }
  under.merge(over);
}

Document read_composed(const std::string& path, std::vector<std::string> on_the_way) {
  on_the_way.push_back(canonical(path));
  const Document body = Document::read(path);
  const Json* pieces = body.find("compose");
  if (!pieces) return body;
  if (!pieces->is_array()) throw ConfigError("", body.explain("compose", "expected a list of pieces"));
  Document out;
  for (size_t i = 0; i < pieces->size(); ++i) {
    const std::string at = child("compose", i);
    if (!(*pieces)[i].is_string()) {
      throw ConfigError("", body.explain(at, "expected the name of a piece, got " + (*pieces)[i].dump()));
    }
    const std::string piece = find_piece((*pieces)[i].get<std::string>(), path, body, at), real = canonical(piece);
    if (const auto before = std::find(on_the_way.begin(), on_the_way.end(), real); before != on_the_way.end()) {
      std::vector<std::string> round(before, on_the_way.end());
      round.push_back(real);
      throw ConfigError("", body.explain(at, "composes itself: " + join(round, " -> ")));
    }
    lay(out, read_composed(piece, on_the_way));
  }
  lay(out, body);
  out.erase("compose");
  return out;
}

constexpr size_t most_runs = 100'000;

struct Value {
  std::string path;   // what it is a value of
  Json value;
  std::string place;  // where in the config it was written
};
struct Setting {  // one value of an axis
  std::string label;
  std::vector<Value> values;
};
using Axis = std::vector<Setting>;

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

class AxisReader {
 public:
  AxisReader(const Document& document, std::vector<std::string> pinned) : document_(document), pinned_(std::move(pinned)) {}

  void read(const Json& axis, const std::string& path, std::vector<Axis>& out) const {
    if (!axis.is_object() || axis.size() != 1) fail(path, "expected an object with one of the keys arms, grid, zip, seeds");
    const std::string kind = axis.begin().key(), at = child(path, kind);
    const Json& body = axis.begin().value();
    if (kind == "seeds") {
      if (!pinned("seed")) out.push_back(seeds(body, at));
      return;
    }
    if (kind != "arms" && kind != "grid" && kind != "zip") fail(at, "unknown axis" + did_you_mean(kind, {"arms", "grid", "zip", "seeds"}) + " (known: arms, grid, zip, seeds)");
    if (!body.is_object() || body.empty()) fail(at, "expected an object with at least one entry");
    if (kind == "arms") out.push_back(arms(body, at));
    if (kind == "zip") out.push_back(zip(body, at));
    if (kind != "grid") return;
    for (const auto& [key, values] : body.items()) {
      if (pinned(key)) {  // the axis shrinks to what --set says, and keeps its label
        out.push_back({{label_of(key, *document_.find(key)), {}}});
        continue;
      }
      Axis one;
      for (const Json& value : list(values, child(at, key))) {
        one.push_back({label_of(key, value), {written(key, value, child(child(at, key), one.size()))}});
      }
      out.push_back(one);
    }
  }

 private:
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
  const Json& list(const Json& values, const std::string& path) const {
    if (!values.is_array() || values.empty()) fail(path, "expected a list of values");
    return values;
  }
  Axis seeds(const Json& body, const std::string& path) const {
    Axis out;
    if (body.is_array() && !body.empty()) {
      for (const Json& seed : body) {  // whether they are integers is found out with the rest
        out.push_back({"", {written("seed", seed, child(path, out.size()))}});
      }
    } else if (body.is_object() && body.size() == 2 && body.contains("from") && body.contains("count")) {
      auto whole = [&](const char* key, uint64_t low, uint64_t high) {
        const Json& value = body[key];
        if (!value.is_number_unsigned() || value.get<uint64_t>() < low || value.get<uint64_t>() > high) {
          fail(child(path, key), fmt::format("expected an integer from {} to {}, got {}", low, high, value.dump()));
        }
        return value.get<int64_t>();
      };
      const int64_t from = whole("from", 0, 1'000'000'000'000'000), count = whole("count", 1, most_runs);
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
    for (const auto& [key, values] : body.items()) {
      refuse_pinned(key, "zipped values");
      if (list(values, child(path, key)).size() != out.size()) fail(child(path, key), fmt::format("has {} values, the first has {}", values.size(), out.size()));
      for (size_t i = 0; i < out.size(); ++i) {
        out[i].label += (out[i].label.empty() ? "" : "-") + label_of(key, values[i]);
        out[i].values.push_back(written(key, values[i], child(child(path, key), i)));
      }
    }
    return out;
  }

  const Document& document_;
  std::vector<std::string> pinned_;
};

std::string as_folder(std::string label) {
  constexpr size_t most = 100;
  if (label.size() > most) label = label.substr(0, most - 9) + "-" + sha256(label).substr(0, 8);
  for (char& c : label) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '=' || c == '.' || c == '+' || c == ',';
    if (!plain) c = '_';
  }
  return label.empty() || label[0] == '.' ? "base" + label : label;
}

}  // namespace

Document compose(const std::string& path, const std::vector<std::string>& sets) {
  Document document = read_composed(path, {});
  bool said[2] = {};
  for (const std::string& assignment : sets) {
    document.set(assignment);
    const std::string key = assignment.substr(0, assignment.find('='));
    give_way(document, key);
    for (const int k : {0, 1}) said[k] |= key == lengths[k] && says(document, k);
  }
  if (said[0] && said[1]) throw UsageError("--set: train.steps and train.epochs both say how long to train; give one of them");
  if (document.find("compose")) {
    throw UsageError("--set: compose: the pieces are laid before --set; name them in a config");
  }
  return document;
}

std::vector<Cell> expand(const Document& document, const std::vector<std::string>& sets) {
  Document base = document;
  std::vector<Axis> axes;
  if (const Json* vary = document.find("vary"); vary && !vary->is_null()) {
    std::vector<std::string> pinned;
    for (const auto& assignment : sets) pinned.push_back(assignment.substr(0, assignment.find('=')));
    if (!vary->is_array()) throw ConfigError("", document.explain("vary", "expected a list of axes"));
    const AxisReader reader(document, pinned);
    for (size_t i = 0; i < vary->size(); ++i) reader.read((*vary)[i], child("vary", i), axes);
  }
  base.erase("vary");
  size_t total = 1;
  for (const auto& axis : axes) {
    total *= axis.size();
    if (total > most_runs) {
      throw ConfigError("", document.explain("vary", fmt::format("asks for more than {} runs", most_runs)));
    }
  }
  std::vector<Cell> cells;
  std::vector<size_t> index(axes.size(), 0);
  for (size_t n = 0; n < total; ++n) {
    Cell cell{"", base, {}};
    for (size_t a = 0; a < axes.size(); ++a) {
      const Setting& setting = axes[a][index[a]];
      if (!setting.label.empty()) cell.arm += (cell.arm.empty() ? "" : "-") + setting.label;
      for (const Value& v : setting.values) {
        cell.document.set(v.path, v.value, v.place);
        give_way(cell.document, v.path);
      }
    }
    cell.config = read_run_config(cell.document);
    if (cell.arm.empty()) cell.arm = cell.config.arm;
    cell.config.arm = cell.arm = as_folder(cell.arm);
    cells.push_back(std::move(cell));
    for (size_t a = axes.size(); a-- > 0;) {  // the last axis turns fastest
      if (++index[a] < axes[a].size()) break;
      index[a] = 0;
    }
  }
  return cells;
}

}  // namespace bnlab
