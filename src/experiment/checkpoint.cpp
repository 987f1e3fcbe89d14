#include "experiment/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/files.h"

namespace bnlab {

void CheckpointConfig::describe(Fields& f) {
  f.integer("every", every, at_least(0), "steps between checkpoints; 0: not by steps");
  f.number("seconds", seconds, at_least(0), "seconds between checkpoints; 0: not by time");
  f.integer("keep_last", keep_last, at_least(1), "newest checkpoints that are kept while the run goes on");
  f.integer("keep_every", keep_every, at_least(0), "checkpoints at multiples of this step stay for good; 0: none");
}

Checkpoints::Checkpoints(const CheckpointConfig& config, const std::string& run_directory, std::string identity, std::function<void(Archive&)> everything)
    : config_(config), directory_(run_directory + "/checkpoints"), identity_(std::move(identity)), everything_(std::move(everything)), last_(std::chrono::steady_clock::now()) {}

void Checkpoints::between_steps(int64_t step) {
  if (step == last_step_ || step == 0) return;
  const bool by_step = (config_.every > 0 && step % config_.every == 0) || (config_.keep_every > 0 && step % config_.keep_every == 0);
  const bool by_time = config_.seconds > 0 && (step & 15) == 0 && std::chrono::steady_clock::now() - last_ >= std::chrono::duration<double>(config_.seconds);
  if (by_step || by_time) write(step);
}

void Checkpoints::write(int64_t step) {
  Archive archive;
  everything_(archive);
  make_directories(directory_);
  archive.save(fmt::format("{}/step-{:012}.safetensors", directory_, step), {{"format", "bnlab"}, {"identity", identity_}, {"step", std::to_string(step)}});
  prune(config_.keep_last);
  last_ = std::chrono::steady_clock::now(), last_step_ = step;
}

void Checkpoints::finish() {
  prune(0);
  std::error_code not_empty;
  for (const auto& path : looks_under_way(directory_)) std::filesystem::remove(path, not_empty);
  std::filesystem::remove(directory_, not_empty);
}

std::vector<std::string> looks_under_way(const std::string& directory) {
  std::vector<std::string> out;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(directory, none)) {
    if (entry.path().filename().string().starts_with("look-")) out.push_back(entry.path().string());
  }
  return out;
}

std::vector<std::pair<int64_t, std::string>> Checkpoints::files() const {
  std::vector<std::pair<int64_t, std::string>> out;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename().string();
    long long step = 0;
    int end = 0;
    if (std::sscanf(name.c_str(), "step-%lld.safetensors%n", &step, &end) == 1 && static_cast<size_t>(end) == name.size()) out.emplace_back(step, entry.path().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

void Checkpoints::prune(int64_t keep_last) {
  auto all = files();
  for (size_t i = 0; i + static_cast<size_t>(keep_last) < all.size(); ++i) {
    std::error_code gone;
    if (config_.keep_every == 0 || all[i].first % config_.keep_every != 0) std::filesystem::remove(all[i].second, gone);
  }
}

std::optional<int64_t> Checkpoints::resume(std::vector<std::string>& complaints) {
  auto all = files();
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    try {
      std::map<std::string, std::string> metadata;
      Archive archive(at->second, read_safetensors(at->second, &metadata));
      if (metadata["identity"] != identity_) throw DataError(at->second, "is of another config");
      everything_(archive);
      last_step_ = at->first;
      return at->first;
    } catch (const DataError& error) {
      complaints.push_back(error.what());
    }
  }
  return std::nullopt;
}

}  // namespace bnlab
