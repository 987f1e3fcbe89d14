// network: what each arm is built of, in the order in which it computes, with its norms marked.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"
#include "experiment/run_config.h"
#include "model/model.h"
#include "report/chart.h"

namespace bnlab {
namespace {

constexpr int across = 16;  // cells in a line

struct Part {
  std::string name, kind, what, shape;
};

// Datasets are read for nothing but the shape of a sample, so each once.
struct Shapes {
  std::map<std::string, std::pair<Shape, Index>> known;
  std::pair<Shape, Index> of(const DataConfig& config) {
    const auto [at, fresh] = known.try_emplace(config.source.name + config.source.options);
    if (fresh) {
      DataConfig wanted = config;
      std::string notice;
      const Dataset data = load_dataset(wanted, notice);
      at->second = {data.sample, data.outputs};
    }
    return at->second;
  }
};

std::vector<Part> parts_of(const Json& config, Shapes& shapes) {
  const RunConfig run = read_run_config(Document::parse(config.dump(), "config.resolved.json"));
  const auto [sample, outputs] = shapes.of(run.data);
  const Network<float> network = build_network<float>(run.model, sample, outputs, Keep::needed);
  std::vector<Part> out;
  for (const auto& node : network.nodes()) out.push_back({node.name, text(node.kind), node.what, text(node.shape)});
  return out;
}

// Arms whose networks are the same are drawn once.
std::string key_of(const std::vector<Part>& parts) {
  std::string key;
  for (const Part& part : parts) key += part.name + part.what + part.shape + "\n";
  return key;
}

std::string sign_of(const Part& part) {
  static const std::map<std::string, std::string> signs{
      {"weight", "W"}, {"activation", "\u03c3"}, {"norm", "N"}, {"dropout", "D"},
      {"pool", "P"},   {"shortcut", "S"},        {"join", "+"}, {"scaling", "\u03b1"}};
  const auto at = signs.find(part.kind);
  return at == signs.end() ? "?" : at->second;
}

}  // namespace

bool draw_network(Evidence& evidence, Figure& figure) {
  constexpr size_t most = 12, fits = 45;  // networks; characters above one
  Shapes shapes;
  struct Drawn {
    std::vector<std::string> arms;
    std::vector<Part> parts;
  };
  std::vector<Drawn> networks;
  std::map<std::string, size_t> known;
  for (const Arm& arm : evidence.arms) {
    if (arm.runs.empty() || arm.runs[0]->run().config.is_null()) continue;
    std::vector<Part> parts;
    try {
      parts = parts_of(arm.runs[0]->run().config, shapes);
    } catch (const Error&) {
      continue;  // the data are not here, or the config is of another version: there is no network to draw
    }
    const auto [at, fresh] = known.try_emplace(key_of(parts), networks.size());
    if (fresh) {
      networks.push_back({{arm.name}, std::move(parts)});
    } else {
      networks[at->second].arms.push_back(arm.name);
    }
  }
  if (networks.empty()) return false;
  figure.rows.columns = {"network", "line", "place", "node", "kind", "what", "output", "sign"};
  Json names = Json::array();
  for (size_t k = 0; k < std::min(most, networks.size()); ++k) {
    const auto& [arms, parts] = networks[k];
    const std::string all = join(arms), name = all.size() <= fits ? all : fmt::format("{} and {} more", arms[0], arms.size() - 1);
    names.push_back(name);
    for (size_t i = 0; i < parts.size(); ++i)
      figure.rows.rows.push_back({name, static_cast<double>(i / across), static_cast<double>(i % across), parts[i].name,
                                  parts[i].kind, parts[i].what, parts[i].shape, sign_of(parts[i])});
  }
  const Json kinds{"weight", "activation", "norm", "join", "pool", "shortcut", "scaling", "dropout"};
  const Json colour{
      {"field", "kind"},
      {"type", "nominal"},
      {"scale",
       {{"domain", kinds},
        {"range", {"#9aa3ad", "#d9d4c7", "#d1621b", "#2f6fb3", "#a096b0", "#c4cbd3", "#0bb27e", "#c9b68f"}}}},
      {"legend", nullptr}};
  const Json tips = {{{"field", "node"}}, {{"field", "kind"}}, {{"field", "what"}}, {{"field", "output"}}};
  const Json x{{"field", "place"}, {"type", "ordinal"}, {"axis", nullptr}, {"scale", {{"paddingInner", 0.12}}}},
      y{{"field", "line"}, {"type", "ordinal"}, {"axis", nullptr}, {"scale", {{"paddingInner", 0.12}}}};
  const Json layers = {{{"mark", {{"type", "rect"}, {"cornerRadius", 2}}},
                        {"encoding", {{"x", x}, {"y", y}, {"color", colour}, {"tooltip", tips}}}},
                       {{"mark", {{"type", "text"}, {"fontSize", 10}, {"fontWeight", 600}, {"color", "#1c1b18"}}},
                        {"encoding", {{"x", x}, {"y", y}, {"text", {{"field", "sign"}}}, {"tooltip", tips}}}}};
  const Json step{{"step", 19}};
  figure.spec = {{"facet",
                  {{"field", "network"},
                   {"type", "nominal"},
                   {"sort", names},
                   {"title", nullptr},
                   {"header", {{"labelLimit", 440}}}}},
                 {"columns", 2},
                 {"spacing", 18},
                 {"spec", {{"width", step}, {"height", step}, {"layer", layers}}},
                 {"resolve", {{"scale", {{"y", "independent"}}}}}};
  figure.says =
      "Read from left to right, line by line: W weights, N a norm, \u03c3 an activation, + where branch and skip meet, "
      "S a shortcut, P pooling, D dropout, \u03b1 a scaling. Arms with the same network are drawn once.";
  if (networks.size() > most) figure.says += fmt::format(" {} of {} networks are shown.", most, networks.size());
  figure.source = "config.resolved.json";
  return true;
}

}  // namespace bnlab
