#include "analysis/claims.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/text.h"

namespace bnlab {
namespace {

Claim read_claim(const Document& document, const std::string& path) {
  const Json& json = *document.find(path);
  auto fail = [&](const std::string& key, const std::string& what) { throw ConfigError("", document.explain(key.empty() ? path : child(path, key), what)); };
  if (!json.is_object()) fail("", "expected an object");
  const std::vector<std::string> known = criteria().names();
  if (!json.contains("criterion") || !json["criterion"].is_string()) fail("", "needs \"criterion\", one of " + join(known));
  Claim claim;
  claim.criterion_name = json["criterion"].get<std::string>();
  const CatalogEntry* entry = criteria().find(claim.criterion_name);
  if (!entry) fail("criterion", fmt::format("unknown criterion '{}'{} (known: {})", claim.criterion_name, did_you_mean(claim.criterion_name, known), join(known)));
  claim.criterion.reset(static_cast<Criterion*>(entry->make().release()));
  std::string where = "{}", arm = "null", than = "null", diverged = "null", expect;
  const std::string path_key = claim.criterion->path_key();
  read_fields(document, [&](Fields& f) {
    f.text("name", claim.name, "of the claim");
    f.text("says", claim.says, "the sentence that is decided");
    f.text("paper", claim.paper, "what was published");
    f.text("expect", expect, "for people");
    f.option("criterion", claim.criterion_name, known, "what decides");
    f.text("measure", claim.measured, "one number of a run");
    f.raw("where", where, "conditions on both sides");
    f.raw("arm", arm, "a pattern of labels, conditions, or a list of these");
    if (claim.criterion->compares()) f.raw("than", than, "as arm");
    if (path_key.empty()) f.text("over", claim.over, "path of the config: of a seed's runs that differ in it one counts"), f.option("take", claim.take, {"", "best", "max", "min"}, "which");
    f.number("alpha", claim.alpha, above(0), "error that is allowed");
    f.raw("diverged_is", diverged, "the measure of a run that diverged");
    claim.criterion->describe(f);
  }, path);
  if (claim.name.empty() || claim.says.empty()) fail("", "needs \"name\" and \"says\"");
  if (claim.measured.empty()) fail("", "needs \"measure\"");
  try {
    claim.measure = Measure::parse(claim.measured);
  } catch (const UsageError& error) {
    fail("measure", error.what());
  }
  claim.where = Json::parse(where), claim.than = Json::parse(than);
  if (!claim.where.is_object()) fail("where", "expected an object of path: value");
  const Json arms = Json::parse(arm);
  if (arms.is_null()) fail("", "needs \"arm\"");
  for (const Json& one : arms.is_array() ? arms : Json::array({arms})) claim.arms.push_back(one);
  for (const Json& one : claim.arms) {
    if (!one.is_string() && !one.is_object()) fail("arm", "expected a pattern of labels or an object of path: value");
  }
  if (claim.criterion->compares() && !claim.than.is_string() && !claim.than.is_object()) fail("than", "expected a pattern of labels or an object of path: value");
  if (claim.over.empty() != claim.take.empty()) fail("", "\"over\" and \"take\" go together");
  if (claim.take == "best") claim.take = claim.of_accuracy() ? "max" : "min";
  if (!(claim.alpha < 0.5)) fail("alpha", "expected a number below 0.5");
  if (const Json value = Json::parse(diverged); !value.is_null()) {
    claim.as_measured = value == "as_measured";
    if (!claim.as_measured && !value.is_number()) fail("diverged_is", "expected a number, or \"as_measured\"");
    if (!claim.as_measured) claim.diverged_is = value.get<double>();
  }
  if (!path_key.empty() && !json.contains(path_key)) fail("", fmt::format("needs \"{}\", a path of the config", path_key));
  return claim;
}

}  // namespace

bool Claim::of_accuracy() const { return measured.find("accuracy") != std::string::npos; }

double Claim::worst() const {
  if (!of_accuracy()) return std::numeric_limits<double>::infinity();
  return criterion->of_ratios() ? 0 : -std::numeric_limits<double>::infinity();
}

std::vector<Claim> read_claims(const Document& experiment) {
  std::vector<Claim> out;
  const Json* claims = experiment.find("claims");
  if (!claims) return out;
  if (!claims->is_array()) throw ConfigError("", experiment.explain("claims", "expected a list"));
  std::set<std::string> names;
  for (size_t i = 0; i < claims->size(); ++i) {
    out.push_back(read_claim(experiment, child("claims", i)));
    if (!names.insert(out.back().name).second) throw ConfigError("", experiment.explain(child("claims", i) + ".name", "'" + out.back().name + "' stands here twice"));
  }
  return out;
}

}  // namespace bnlab
