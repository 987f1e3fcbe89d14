#include "experiment/cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "build_info.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "experiment/axes.h"

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

bool has(const Document& document, const Value& wanted) {
  const Json* value = document.find(wanted.path);
  if (!value) return false;
  return *value == wanted.value || (value->is_object() && value->contains("name") && (*value)["name"] == wanted.value);
}

bool left_out(const Document& document, const std::vector<std::vector<Value>>& exclude) {
  return std::any_of(exclude.begin(), exclude.end(), [&](const auto& all) {
    return std::all_of(all.begin(), all.end(), [&](const Value& wanted) { return has(document, wanted); });
  });
}

// Runs of another scale than the body's have a directory of their own.
void lay_scale(Document& document, const std::string& scale) {
  const Json scales = document.find("scales") ? *document.find("scales") : Json::object();
  if (!scales.is_object()) throw ConfigError("", document.explain("scales", "expected an object"));
  std::vector<std::string> known{"standard"};
  for (const auto& [key, changes] : scales.items()) {
    const std::string at = child("scales", key);
    if (key == "standard") throw ConfigError("", document.explain(at, "is the body itself"));
    if (!changes.is_object()) throw ConfigError("", document.explain(at, "expected an object of path: value"));
    known.push_back(key);
  }
  if (!scale.empty() && std::find(known.begin(), known.end(), scale) == known.end()) throw UsageError(fmt::format("--scale: '{}' is none of this experiment{} (known: {})", scale, did_you_mean(scale, known), join(known)));
  if (scale.empty() || scale == "standard") return;
  const Json body_name = document.find("name") ? *document.find("name") : Json("run");
  for (const auto& [key, value] : scales[scale].items()) {
    document.set(key, value, document.where(child(child("scales", scale), key)));
    give_way(document, key);
  }
  if (body_name.is_string()) document.set("name", body_name.get<std::string>() + "." + scale, "--scale");
}

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

Document compose(const std::string& path, const std::vector<std::string>& sets, const std::string& scale) {
  Document document = read_composed(path, {});
  lay_scale(document, scale);
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
  std::vector<std::string> pinned;
  for (const auto& assignment : sets) pinned.push_back(assignment.substr(0, assignment.find('=')));
  for (const char* key : {"tune", "claims", "scales", "about"}) {
    if (document.find(key)) throw ConfigError("", document.explain(key, "belongs to an experiment; `bnlab sweep` and `bnlab reproduce` run those"));
  }
  const Vary vary = read_vary(document, pinned);
  Document base = document;
  base.erase("vary");
  std::vector<Cell> cells;
  Json last;  // what the cell before says but for its seed: most cells differ in nothing else, and are not read again
  std::string arm_said;
  for (const Setting& setting : vary.settings) {
    Cell cell{setting.label, base, {}};
    for (const Value& v : setting.values) {
      cell.document.set(v.path, v.value, v.place);
      give_way(cell.document, v.path);
    }
    if (left_out(cell.document, vary.exclude)) continue;
    Json says = cell.document.root();
    const Json seed = says.value("seed", Json());
    says.erase("seed");
    if (!cells.empty() && seed.is_number_integer() && seed >= 0 && says == last) {
      cell.config = cells.back().config, cell.identity = cells.back().identity;
      cell.config.seed = seed.get<int64_t>(), cell.config.arm = arm_said;
    } else {
      cell.config = read_run_config(cell.document);
      cell.identity = identity(cell.config);
      last = std::move(says), arm_said = cell.config.arm;
    }
    if (cell.arm.empty()) cell.arm = cell.config.arm;
    cell.config.arm = cell.arm = as_folder(cell.arm);
    cells.push_back(std::move(cell));
  }
  return cells;
}

}  // namespace bnlab
