// <out>/<name>/<arm>-<hash8>/seed-<n>/ and the small JSON files in it. docs/run-directory.md describes all of them.
#pragma once

#include <optional>

#include "experiment/run.h"

namespace bnlab {

class RunDirectory {
 public:
  RunDirectory(const std::string& out, const RunConfig& config, const std::string& arm);
  const std::string& path() const { return path_; }

  // The result of a finished run that is there already.
  std::optional<RunResult> finished() const;
  // Makes the directory empty and ours: what an unfinished run left is removed (a finished one only if `overwrite`).
  // A directory in which another process is at work is a FileError. Returns what state was there before, "" for none.
  std::string claim(bool overwrite);
  // Says so in status.json, if the directory is ours; never throws.
  void failed(const std::string& why) const;

  void write_json(const std::string& file, const Json& json) const;
  void status(const std::string& state, int64_t step) const;

 private:
  std::string path_;
  bool claimed_ = false;
};

Json manifest(const RunConfig& config, const Dataset& data, const std::string& command, int threads, int64_t parameters);

// Non-finite numbers as the strings "nan", "inf", "-inf": JSON has none. null is what there is not.
Json json_number(double value);
double number_of(const Json& json);
Json to_json(const RunResult& result);

}  // namespace bnlab
