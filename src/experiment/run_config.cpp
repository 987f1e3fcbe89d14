#include "experiment/run_config.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "nn/engines/engine.h"
#include "probes/probe.h"

namespace bnlab {

void EvaluateConfig::describe(Fields& f) {
  f.integer("every", every, at_least(0), "steps between evaluations; 0: only the first and the last state");
  f.integers("at", at, at_least(0), "evaluate at these steps too");
  f.options("splits", splits, {"train", "validation", "test"}, "what is scored");
  f.options("bn_modes", bn_modes, {"running", "batch", "recalibrated"}, "how batch statistics are treated");
  f.integer("at_most", at_most, at_least(0), "samples of a split; 0: all");
  f.integer("batch_size", batch_size, between(0, 1 << 24), "of the evaluation; 0: as in training");
  f.integer("recalibration_batches", recalibration_batches, at_least(1), "training batches for the bn_mode recalibrated");
}

void RunConfig::describe(Fields& f) {
  f.texts("compose", compose, "pieces laid under this config, left to right");
  f.text("name", name, "of the experiment; a folder of that name holds its runs");
  f.text("notes", notes, "for people");
  f.text("arm", arm, "label of this arm; made from what varies where it is empty");
  f.integer("seed", seed, at_least(0), "of initial weights, batch order and noise");
  f.group("data", "what is learned from", [&](Fields& g) { data.describe(g); });
  f.group("model", "the network", [&](Fields& g) { model.describe(g); });
  f.group("train", "how it is trained", [&](Fields& g) { train.describe(g); });
  f.group("evaluate", "when and how it is scored", [&](Fields& g) { evaluate.describe(g); });
  f.map("probes", probes, bnlab::probes<float>(), "what is measured on the way");
  f.group("engine", "how it is computed", [&](Fields& g) {
    g.option("precision", precision, {"float", "double"}, "of all arithmetic");
    g.integer("threads", threads, between(0, 1024), "0: as many as the machine has, up to 4; results do not depend on it");
    g.option("convolution", model.materials.convolution, convolution_engines(), "auto: the fastest for the shape; winograd, direct (oneDNN), gemm (OpenBLAS): see docs/configs.md");
    g.boolean("flush_denormals", flush_denormals, "numbers below 1e-38 count as 0");
  });
  f.group("export", "files for other tools (safetensors)", [&](Fields& g) {
    g.boolean("initial_parameters", export_initial, "parameters before step 0");
    g.boolean("gradients", export_gradients, "gradients of step 0, with the batch and the loss");
    g.boolean("final_parameters", export_final, "parameters and state after the last step");
  });
  f.group("checkpoint", "what a stopped run goes on from", [&](Fields& g) { checkpoint.describe(g); });
  f.raw("vary", vary, "arms, grids and seeds: see docs/configs.md");
}

RunConfig read_run_config(const Document& document) {
  RunConfig config;
  read_fields(document, [&](Fields& f) { config.describe(f); });
  if (config.train.epochs > 0 && document.find("train.steps")) {
    throw ConfigError("", document.explain("train.epochs", "train.steps says how long as well; give one of them"));
  }
  if (const auto& engine = config.model.materials.convolution; config.precision == "double" && engine != "auto" && engine != "gemm") {
    throw ConfigError("", document.explain("engine.convolution", "'" + engine + "' computes in float only; with precision double use auto or gemm"));
  }
  const bool plain = !config.name.empty() && config.name[0] != '.' && config.name.size() <= 100 &&
                     config.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == std::string::npos;
  if (!plain) {
    throw ConfigError("", document.explain("name", "'" + config.name + "' cannot be a folder; use letters, digits, '.', '_' and '-'"));
  }
  return config;
}

Json resolved(const RunConfig& config) {
  RunConfig copy = config;
  copy.vary.clear();
  Json json = write_fields([&](Fields& f) { copy.describe(f); });
  json.erase("compose");
  if (copy.train.epochs > 0) json["train"].erase("steps");  // what was asked; the other follows from the data
  return json;
}

std::string identity(const RunConfig& config) {
  RunConfig computed = config;
  if (!config.data.fallback.name.empty()) take_fallback(computed.data);
  Json json = resolved(computed);
  for (const char* key : {"name", "notes", "arm", "seed", "checkpoint"}) json.erase(key);
  json["engine"].erase("threads");
  json["data"].erase("directory");
  json["data"].erase("fallback");
  return sha256(nlohmann::json(json).dump());  // keys sorted
}

}  // namespace bnlab
