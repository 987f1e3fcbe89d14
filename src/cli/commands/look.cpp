// validate, show, list, schema, data: looking without running.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "analysis/claims.h"
#include "cli/commands/commands.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "experiment/experiment.h"
#include "experiment/run.h"
#include "model/model.h"
#include "probes/probe.h"
#include "train/schedule.h"

namespace bnlab {
namespace {

const std::vector<std::pair<std::string, const Catalog*>>& kinds() {
  static const std::vector<std::pair<std::string, const Catalog*>> all{
      {"models", &models<float>()},   {"norms", &norms<float>()},       {"placements", &placements()},   {"activations", &activations<float>()},
      {"scalings", &scalings<float>()}, {"weights", &weight_maps<float>()}, {"initializers", &initializers()}, {"losses", &losses<float>()},
      {"schedules", &schedules()},    {"datasets", &datasets()},        {"probes", &probes<float>()}};
  return all;
}

void print_options(const std::vector<OptionText>& options) {
  for (const auto& o : options) {
    const std::string known = o.type.find('|') == std::string::npos ? "" : "; one of " + o.type;
    fmt::print("    {:<26}{} (default {}{})\n", o.name, o.doc, o.standard.empty() ? "none" : o.standard, known);
  }
}

// The keys of a config that do not belong to one named thing, by section.
void print_sections() {
  RunConfig config;
  auto keys = option_texts([&](Fields& f) { config.describe(f); });
  const auto nested = std::stable_partition(keys.begin(), keys.end(), [](const OptionText& key) { return key.name.find('.') == std::string::npos; });
  fmt::print("the top\n");
  print_options({keys.begin(), nested});
  for (auto at = nested; at != keys.end();) {
    const std::string section = at->name.substr(0, at->name.find('.') + 1);
    std::vector<OptionText> own;
    for (; at != keys.end() && at->name.starts_with(section); ++at) own.push_back({at->name.substr(section.size()), at->type, at->standard, at->doc});
    fmt::print("{}\n", section.substr(0, section.size() - 1));
    print_options(own);
  }
}

Json description(const std::string& arm, const Built& built) {
  const auto& [config, data, network, notice] = built;
  const bool in_double = config.precision == "double";
  const Plan& plan = network.plan();
  Json layers = Json::array(), sites = Json::array();
  for (const auto& node : network.nodes()) {
    Index parameters = 0;
    for (const auto& entry : plan.parameters) {
      if (!node.again && entry.name.substr(0, entry.name.find_last_of('/')) == node.parameters_name()) parameters += entry.slot.shape.size();
    }
    std::string engine = node.layer ? node.layer->engine() : "";
    if (in_double && !engine.empty()) engine = "gemm";
    layers.push_back({{"name", node.name}, {"kind", text(node.kind)}, {"what", node.what}, {"tie", node.tie}, {"engine", engine}, {"output", text(node.shape)}, {"parameters", parameters}, {"multiply_adds", node.layer ? node.layer->multiply_adds_per_sample() : 0}});
  }
  for (size_t i = 0; i < network.offers().size(); ++i) {
    const auto& offer = network.offers()[i];
    sites.push_back({{"site", offer.name}, {"kind", site_names()[static_cast<size_t>(offer.site)]}, {"norm", network.covered()[i] ? Json(config.model.materials.norm.name) : Json(nullptr)}});
  }
  auto bytes = [&](Region region) { return static_cast<double>(plan.size(region)) * (in_double ? 8 : 4); };
  return {{"arm", arm},
          {"model", config.model.model.name},
          {"data", data.name},
          {"note", notice},
          {"input", text(data.sample)},
          {"batch_size", config.train.batch_size},
          {"layers", layers},
          {"parameters", network.parameters()},
          {"multiply_adds_per_sample", network.multiply_adds_per_sample()},
          {"bytes", {{"parameters", bytes(Region::parameters)}, {"gradients", bytes(Region::parameters)}, {"state", bytes(Region::state)}, {"cache", bytes(Region::cache)}, {"scratch", bytes(Region::scratch)}}},
          {"sites", sites}};
}

// Of the steps of a recurrence, which are all alike, the first two and the last.
std::vector<Json> without_repeats(const Json& layers) {
  auto step_of = [](const Json& layer) { return layer["tie"] == "" ? std::string() : layer["name"].get<std::string>().substr(0, layer["name"].get<std::string>().find('/')); };
  std::vector<std::string> steps;
  for (const Json& layer : layers) {
    if (const std::string step = step_of(layer); !step.empty() && (steps.empty() || steps.back() != step)) steps.push_back(step);
  }
  std::vector<Json> out;
  for (const Json& layer : layers) {
    const size_t at = static_cast<size_t>(std::find(steps.begin(), steps.end(), step_of(layer)) - steps.begin());
    if (at < 2 || at + 1 >= steps.size()) out.push_back(layer);
    else if (!out.back().is_null()) out.emplace_back();
  }
  return out;
}

void print_network(const Json& network) {
  auto words = [](const Json& json) { return json.get<std::string>(); };
  auto count = [](const Json& json) { return json > 0 ? grouped(json.get<long long>()) : "-"; };
  std::vector<std::vector<std::string>> rows{{"layer", "kind", "what", "engine", "output", "parameters", "multiply-adds"}};
  for (const Json& l : without_repeats(network["layers"])) {
    if (l.is_null()) rows.push_back({"...", "", "", "", "", "", ""});
    else rows.push_back({l["name"], l["kind"], l["what"], l["engine"], l["output"], count(l["parameters"]), count(l["multiply_adds"])});
  }
  fmt::print("{}: {} on {} ({}), batch {}\n\n{}", words(network["arm"]), words(network["model"]), words(network["data"]), words(network["input"]), network["batch_size"].get<int64_t>(), aligned(rows));
  fmt::print("\n{} parameters, {} multiply-adds per image\n", count(network["parameters"]), count(network["multiply_adds_per_sample"]));
  double total = 0;
  std::vector<std::string> regions, free_sites;
  for (const auto& [region, size] : network["bytes"].items()) {
    total += size.get<double>();
    regions.push_back(region + " " + bytes_text(size));
  }
  fmt::print("memory: {} = {}\n", bytes_text(total), join(regions));
  for (const Json& site : network["sites"]) {
    if (site["norm"].is_null()) free_sites.push_back(site["site"]);
  }
  constexpr size_t most = 24;
  if (free_sites.size() > most) {
    const size_t more = free_sites.size() - most;
    free_sites.resize(most);
    free_sites.push_back(fmt::format("... and {} more (bnlab show --json lists all)", more));
  }
  if (!free_sites.empty()) fmt::print("free sites: {}\n", join(free_sites));
  if (network["note"] != "") fmt::print("note: {}\n", words(network["note"]));
}

// What a run would say of the data that are here, or why it could not read them.
std::string caution_of(const DataSource& source) {
  try {
    return source.load("").caution;
  } catch (const DataError& error) {
    return error.what();
  }
}

}  // namespace

std::vector<std::string> listed_kinds() {
  std::vector<std::string> out{"sections"};
  for (const auto& [name, catalog] : kinds()) out.push_back(name);
  return out;
}

int validate_command(const std::vector<std::string>& configs, const std::vector<std::string>& sets) {
  int code = 0;
  Progress silent(ProgressMode::none);
  Runner runner({}, silent);
  for (const auto& path : configs) {
    try {
      for (const std::string& scale : scales_of(compose(path, sets))) {
        const Experiment experiment = read_experiment(path, sets, scale);
        read_claims(experiment.document);
        std::string note;
        for (const Cell& cell : distinct_cells(experiment)) {
          try {
            runner.check(cell);
          } catch (const DataError& error) {
            note = fmt::format(" (reads well, but the network could not be built: {})", error.what());
            code = std::max(code, error.exit_code());
          }
        }
        const size_t runs = every_cell(experiment).size();
        fmt::print("{}: {}{} run{}{}\n", path, scale == "standard" ? "" : scale + ": ", runs, runs == 1 ? "" : "s", note.empty() ? ", ok" : note);
      }
    } catch (const Error& error) {
      fmt::print(stderr, "bnlab: {}\n", error.what());
      code = std::max(code, error.exit_code());
    }
  }
  return code;
}

int show_command(const std::string& path, const std::vector<std::string>& sets, bool json) {
  Progress silent(ProgressMode::none);
  Runner runner({}, silent);
  Json out = Json::array();
  std::set<std::string> shown;
  for (const Cell& cell : read_experiment(path, sets).cells) {
    runner.check(cell, [&](const Built& built) {
      if (shown.insert(resolved(built.config)["model"].dump()).second) out.push_back(description(cell.arm, built));  // not another seed, another learning rate
    });
  }
  if (json) return fmt::print("{}\n", out.dump(2)), 0;
  for (size_t i = 0; i < out.size(); ++i) {
    if (i > 0) fmt::print("\n");
    print_network(out[i]);
  }
  return 0;
}

int list_command(const std::string& kind, bool json) {
  if (kind.empty()) {
    if (json) {
      fmt::print("{}\n", Json(listed_kinds()).dump());
    } else {
      fmt::print("{:<14}data, model, train, evaluate, probes, engine, export: their keys\n", "sections");
      for (const auto& [name, catalog] : kinds()) fmt::print("{:<14}{}\n", name, join(catalog->names()));
    }
    return 0;
  }
  if (kind == "sections" && !json) return print_sections(), 0;
  if (kind == "sections") return schema_command();
  const Catalog* catalog = nullptr;
  for (const auto& [name, of] : kinds()) {
    if (name == kind) catalog = of;
  }
  if (!catalog) throw UsageError(fmt::format("list: '{}' is no kind{} (known: {})", kind, did_you_mean(kind, listed_kinds()), join(listed_kinds())));
  Json out = Json::array();
  for (const auto& entry : catalog->entries) {
    const auto thing = entry.make();
    const auto options = option_texts([&](Fields& f) { thing->describe(f); });
    if (json) {
      Json list = Json::array();
      for (const auto& o : options) list.push_back({{"name", o.name}, {"type", o.type}, {"default", o.standard.empty() ? Json(nullptr) : Json::parse(o.standard)}, {"description", o.doc}});
      out.push_back({{"name", entry.name}, {"summary", entry.summary}, {"options", list}});
      continue;
    }
    fmt::print("{:<30}{}\n", entry.name, entry.summary);
    print_options(options);
  }
  if (json) fmt::print("{}\n", out.dump(2));
  return 0;
}

int schema_command() {
  RunConfig config;
  std::string tune, scales, claims, paper, what;
  const auto describe = [&](Fields& f) {
    config.describe(f);
    f.group("about", "of an experiment: whose claims, and what is asked", [&](Fields& g) {
      g.text("paper", paper, "whose claims these are");
      g.text("what", what, "is asked");
    });
    f.raw("tune", tune, "of an experiment: the value that each arm chooses for itself, see docs/sweeps.md");
    f.raw("scales", scales, "of an experiment: other sizes of the same question, see docs/sweeps.md");
    f.raw("claims", claims, "of an experiment: what its runs decide, see docs/claims.md");
  };
  fmt::print("{}\n", schema_fields("bnlab run", describe).dump(2));
  return 0;
}

int data_command(const std::string& name, bool json) {
  if (!name.empty() && !datasets().find(name)) {
    throw UsageError(fmt::format("data: unknown dataset '{}'{} (known: {})", name, did_you_mean(name, datasets().names()), join(datasets().names())));
  }
  Json out = Json::array();
  for (const auto& entry : datasets().entries) {
    if (!name.empty() && entry.name != name) continue;
    const auto source = make_as<DataSource>(datasets(), {entry.name, "{}"});
    const bool generated = source->files().empty();
    const std::string folder = generated ? "" : find_folder(*source, "");
    Json files = Json::array();
    std::vector<std::string> lines;
    for (const auto& file : folder.empty() ? std::vector<std::string>{} : source->files()) {
      const std::string path = is_file(folder + "/" + file) ? folder + "/" + file : folder + "/" + file + ".gz";
      const std::string sum = file_sha256(path), known = source->known_checksum(file);
      const std::string verdict = known.empty() ? "" : sha256(read_bytes(path)) == known ? "as released" : "NOT as released";
      files.push_back({{"path", path}, {"sha256", sum}, {"checksum", verdict.empty() ? Json(nullptr) : Json(verdict)}});
      lines.push_back(fmt::format("    {}  {}{}", sum.substr(0, 16), path, verdict.empty() ? "" : " (" + verdict + ")"));
    }
    const std::string caution = folder.empty() ? "" : caution_of(*source);
    if (!caution.empty()) lines.push_back("    " + caution);
    const std::string state = generated ? "generated" : folder.empty() ? "missing" : "found";
    out.push_back({{"name", entry.name}, {"summary", entry.summary}, {"state", state}, {"folder", folder}, {"files", files}, {"caution", caution}, {"how_to_get", source->how_to_get()}});
    if (json) continue;
    fmt::print("{:<18}{:<10} {}\n", entry.name, state, entry.summary);
    for (const auto& line : lines) fmt::print("{}\n", line);
    if (state == "missing") fmt::print("    {}\n    looked in: {}\n", source->how_to_get(), join(searched_folders(*source, "")));
  }
  if (json) fmt::print("{}\n", out.dump(2));
  return 0;
}

}  // namespace bnlab
