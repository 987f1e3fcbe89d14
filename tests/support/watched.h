// A small run that is watched by probes, and their rows read back.
#pragma once

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "experiment/run_config.h"
#include "probes/suite.h"
#include "train/trainer.h"

namespace bnlab::testing {

struct ReadRow {
  int64_t step;
  std::string layer, metric, mode;
  double at, value;  // at: nan where empty
  std::string note;
  bool operator==(const ReadRow& other) const = default;
};
inline std::string text(const ReadRow& r) {
  return std::to_string(r.step) + " " + r.layer + " " + r.metric + " " + r.mode + " " + std::to_string(r.at) + " " + std::to_string(r.value) + " " + r.note;
}

inline std::vector<ReadRow> read_csv(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  REQUIRE(line == "step,epoch,layer,metric,bn_mode,at,value,note");
  std::vector<ReadRow> rows;
  while (std::getline(file, line)) {
    std::istringstream in(line);
    std::string step, epoch, layer, metric, mode, at, value, note;
    for (std::string* field : {&step, &epoch, &layer, &metric, &mode, &at, &value}) std::getline(in, *field, ',');
    std::getline(in, note);
    rows.push_back({std::stoll(step), layer, metric, mode, at.empty() ? std::nan("") : std::stod(at), std::stod(value), note});
  }
  return rows;
}

struct Watched {
  RunConfig config;
  std::string notice, folder;
  Dataset data;
  Pool pool;
  Trainer<double> trainer;
  std::atomic<bool> never{false};
  explicit Watched(const std::string& probes, const std::string& norm = "batch_norm", const std::string& model = R"("widths": [6, 5], "activation": "relu", "placement": "before_activation")",
                   const std::string& train = R"({"steps": 12, "batch_size": 20, "learning_rate": 0.3})",
                   const std::string& data_json = R"({"name": "gaussian_mixture", "features": 12, "classes": 3, "samples": 300})", int threads = 1)
      : config(read_run_config(Document::parse(R"({"data": )" + data_json + R"(,
          "model": {)" + model + R"(, "norm": )" + (norm[0] == '{' ? norm : "\"" + norm + "\"") + R"(},
          "train": )" + train + R"(, "probes": )" + probes + "}", "test"))),
        folder((std::filesystem::temp_directory_path() / ("bnlab_probe_" + std::to_string(::getpid()) + "_" + std::to_string(counter()++))).string()),
        data(load_dataset(config.data, notice)),
        pool(threads),
        trainer(config.model, config.train, data, 0, pool) {
    std::filesystem::create_directories(folder + "/probes");
  }
  ~Watched() { std::filesystem::remove_all(folder); }
  std::vector<ReadRow> run(const std::string& probe) {
    {
      Suite<double> suite(config.probes, {config.model, config.train, data, trainer.loss(), 0, pool}, folder);
      trainer.run(suite, never);
    }
    return config.probes.empty() ? std::vector<ReadRow>{} : read_csv(folder + "/probes/" + probe + ".csv");
  }
  static int& counter() {
    static int count = 0;
    return count;
  }
  std::vector<double> parameters_and_state() {
    std::vector<double> out(trainer.workspace().parameters().data, trainer.workspace().parameters().data + trainer.workspace().parameters().size());
    out.insert(out.end(), trainer.workspace().state().data, trainer.workspace().state().data + trainer.workspace().state().size());
    return out;
  }
};

}  // namespace bnlab::testing
