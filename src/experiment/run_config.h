// A whole run, as its config says it. Everything a config may contain is described here or in what this includes.
#pragma once

#include "data/dataset.h"
#include "experiment/checkpoint.h"
#include "model/model.h"
#include "train/train_config.h"

namespace bnlab {

struct EvaluateConfig {
  int64_t every = 0, at_most = 10000, recalibration_batches = 100, batch_size = 0;
  std::vector<int64_t> at;
  std::vector<std::string> splits{"train", "test"}, bn_modes{"running", "batch"};
  void describe(Fields& f);
};

struct RunConfig {
  std::string name = "run", notes, arm;
  int64_t seed = 0;
  DataConfig data;
  ModelConfig model;
  TrainConfig train;
  EvaluateConfig evaluate;
  std::vector<Choice> probes;
  std::string precision = "float";
  int64_t threads = 0;
  bool flush_denormals = true;
  bool export_initial = false, export_gradients = false, export_final = true;
  CheckpointConfig checkpoint;
  std::string vary;  // interpreted by cells.h, absent in a resolved config
  std::vector<std::string> compose;

  void describe(Fields& f);
};

// Reads strictly; a ConfigError names file and line.
RunConfig read_run_config(const Document& document);

// Every default spelt out; running it repeats the run.
Json resolved(const RunConfig& config);

// SHA-256 over the resolved config less what cannot change the numbers: name, notes, threads, where the data lies (but with
// the fallback for data, where they are missing); and less the seed, which is a directory of its own.
std::string identity(const RunConfig& config);

}  // namespace bnlab
