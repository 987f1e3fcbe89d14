#include "experiment/run_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "build_info.h"
#include "build_stamp.h"
#include "core/environment.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "nn/engines/engine.h"
#include "tensor/kernels/gemm.h"

namespace bnlab {
Json json_number(double value) { return std::isfinite(value) ? Json(value) : Json(number(value)); }

double number_of(const Json& json) {
  if (json.is_number()) return json.get<double>();
  if (json == "inf") return std::numeric_limits<double>::infinity();
  if (json == "-inf") return -std::numeric_limits<double>::infinity();
  return std::numeric_limits<double>::quiet_NaN();
}

RunDirectory::RunDirectory(const std::string& out, const RunConfig& config, const std::string& arm, const std::string& identity) : identity_(identity.empty() ? bnlab::identity(config) : identity) {
  const std::string root = fmt::format("{}/{}", out, config.name), hash = "-" + identity_.substr(0, 8), seed = fmt::format("/seed-{}", config.seed);
  path_ = root + "/" + arm + hash + seed;
  if (is_directory(path_)) return;
  std::error_code none;  // the same config may lie there under the label that another grid gave it
  for (const auto& entry : std::filesystem::directory_iterator(root, none)) {
    if (entry.path().filename().string().ends_with(hash) && is_directory(entry.path().string() + seed)) path_ = entry.path().string() + seed;
  }
}

std::optional<RunResult> RunDirectory::finished() const {
  const Json status = read("status.json"), summary = read("summary.json");
  if (!status.is_object() || !summary.is_object()) return std::nullopt;
  const std::string state = status.value("state", "");
  if (state != "completed" && state != "diverged") return std::nullopt;
  RunResult result;
  result.dir = path_;
  result.reused = true;
  result.name = summary.value("name", ""), result.arm = summary.value("arm", ""), result.outcome = summary.value("outcome", "");
  result.seed = summary.value("seed", int64_t{0}), result.steps = summary.value("steps", int64_t{0});
  result.seconds = summary.value("seconds", 0.0);
  result.data = summary.value("data", ""), result.batch_statistics = summary.value("batch_statistics", true);
  const Json final = summary.value("final", Json::object()), probes = summary.value("probes", Json::object());
  for (const auto& [key, value] : final.items()) {
    if (!value.is_null()) result.final[key] = number_of(value);
  }
  for (const auto& [probe, values] : probes.items()) {
    for (const auto& [key, value] : values.items()) result.probes[probe + "." + key] = number_of(value);
  }
  return result;
}

RunDirectory::Lock::~Lock() {
  if (file >= 0) ::close(file);
}

std::string RunDirectory::claim(bool overwrite) {
  const bool made = make_directories(path_);
  const std::string name = path_ + "/.lock";
  if (lock_.file < 0) lock_.file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock_.file < 0) throw FileError(path_, std::string("cannot write here: ") + std::strerror(errno));
  const bool ours = ::flock(lock_.file, LOCK_EX | LOCK_NB) == 0;
  fresh_ = ours && made && !is_file(path_ + "/status.json");
  if (fresh_) return "";
  const Json status = read("status.json");
  const bool known = status.is_object() && status.contains("state");
  if (!ours) {
    ::close(lock_.file);
    lock_.file = -1;
    const std::string who = known ? fmt::format("process {} on {}", status.value("pid", int64_t{0}), status.value("host", "?")) : "another process";
    throw InUse(path_, who + " is at work here; wait for it, or end it");
  }
  const std::string state = known ? status.value("state", "") : "";
  if ((state == "completed" || state == "diverged") && !overwrite) throw FileError(path_, "holds a finished run; --overwrite replaces it");
  std::error_code error;  // files that a killed process was about to rename
  std::vector<std::filesystem::path> halves;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path_, error)) {
    if (entry.path().extension() == ".tmp") halves.push_back(entry.path());
  }
  for (const auto& half : halves) std::filesystem::remove(half, error);
  return known ? state : "";
}

bool RunDirectory::at_work(const std::string& path) {
  const int file = ::open((path + "/.lock").c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  const bool held = ::flock(file, LOCK_EX | LOCK_NB) != 0;
  ::close(file);
  return held;
}

void RunDirectory::clear(bool keep_looks) const {
  if (fresh_) return;
  const auto looks = keep_looks ? looks_under_way(path_ + "/checkpoints") : std::vector<std::string>{};
  std::error_code error;
  std::vector<std::filesystem::path> all;
  for (const auto& folder : {path_, path_ + "/checkpoints"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder, std::filesystem::directory_options::none, error)) all.push_back(entry.path());
  }
  std::filesystem::remove(path_ + "/status.json", error);  // first: killed on the way, it was never begun
  error.clear();  // there need be neither that nor checkpoints
  for (const auto& path : all) {
    const bool stays = path.filename() == ".lock" || (path.filename() == "checkpoints" && !looks.empty()) || std::find(looks.begin(), looks.end(), path.string()) != looks.end();
    if (!stays) std::filesystem::remove_all(path, error);
  }
  if (error) throw FileError(path_, "cannot be emptied: " + error.message());
}

Json RunDirectory::read(const std::string& file) const {
  if (!is_file(path_ + "/" + file)) return nullptr;
  return Json::parse(read_text(path_ + "/" + file), nullptr, false);
}

void RunDirectory::failed(const std::string& why) const {
  if (lock_.file < 0) return;
  try {
    write_json("status.json", {{"state", "failed"}, {"why", why}, {"pid", ::getpid()}, {"host", host_name()}, {"updated", utc_now()}});
  } catch (const std::exception&) {  // the disk is full: the message on the way says so
  }
}

bool RunDirectory::made_by_another_build() const {
  const Json manifest = read("manifest.json");
  return manifest.is_object() && (manifest.value("commit", "") != BNLAB_COMMIT || manifest.value("dirty", false) || BNLAB_DIRTY || manifest.value("flags", "") != BNLAB_FLAGS);
}

void RunDirectory::lost(const std::string& why) const {
  const Json status = read("status.json");
  const std::string state = status.is_object() ? status.value("state", "") : "";
  if (state == "completed" || state == "diverged" || state == "failed") return;
  try {
    make_directories(path_);
    write_json("status.json", {{"state", "failed"}, {"why", why}, {"step", status.is_object() ? status.value("step", int64_t{0}) : 0}, {"updated", utc_now()}});
  } catch (const std::exception&) {
  }
}

void RunDirectory::write_json(const std::string& file, const Json& json) const { write_atomically(path_ + "/" + file, json.dump(2) + "\n", OnDisk::later); }

void RunDirectory::status(const std::string& state, int64_t step) const {
  write_json("status.json", {{"state", state}, {"step", step}, {"pid", ::getpid()}, {"host", host_name()}, {"updated", utc_now()}});
}

Json manifest(const std::string& identity, const Dataset& data, const std::string& command, int threads, int64_t parameters) {
  return {{"bnlab", BNLAB_VERSION},
          {"commit", BNLAB_COMMIT},
          {"dirty", BNLAB_DIRTY},
          {"compiler", BNLAB_COMPILER},
          {"flags", BNLAB_FLAGS},
          {"portable", std::string(BNLAB_PORTABLE) == "ON"},
          {"blas", blas_description()},
          {"engines", engines_description()},
          {"cpu", cpu_model()},
          {"threads", threads},
          {"host", host_name()},
          {"started", utc_now()},
          {"command", command},
          {"identity", identity},
          {"parameters", parameters},
          {"data",
           {{"name", data.name}, {"sha256", data.sha256}, {"source", data.source}, {"caution", data.caution}, {"train", data.train.size}, {"validation", data.validation.size}, {"test", data.test.size}}}};
}

Json resumed(const Json& began, const Json& now, int64_t step) {
  if (!began.is_object()) return now;
  Json out = began;
  out["resumed"].push_back({{"step", step}, {"at", now["started"]}, {"host", now["host"]}});
  if (began["commit"] == now["commit"] && began["dirty"] == now["dirty"] && began["flags"] == now["flags"]) return out;
  if (!out.contains("commits")) out["commits"].push_back(began["commit"]);
  out["commits"].push_back(now["commit"]);
  return out;
}

Json to_json(const RunResult& result) {
  Json final = Json::object();
  for (const char* key : {"train_loss", "test_loss", "test_accuracy"}) {
    final[key] = result.final.contains(key) ? json_number(result.final.at(key)) : Json(nullptr);
  }
  for (const auto& [key, value] : result.final) {
    if (!final.contains(key)) final[key] = json_number(value);
  }
  return {{"dir", result.dir}, {"name", result.name}, {"arm", result.arm}, {"seed", result.seed}, {"outcome", result.outcome}, {"steps", result.steps}, {"seconds", result.seconds}, {"data", result.data}, {"final", final}};
}

}  // namespace bnlab
