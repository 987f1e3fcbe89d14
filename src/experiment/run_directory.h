// <out>/<name>/<arm>-<hash8>/seed-<n>/ and the small JSON files in it. docs/run-directory.md describes all of them.
#pragma once

#include <optional>

#include "experiment/run.h"

namespace bnlab {

class RunDirectory {
 public:
  // identity: of the config, where it is known
  RunDirectory(const std::string& out, const RunConfig& config, const std::string& arm, const std::string& identity = "");
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;
  const std::string& path() const { return path_; }
  const std::string& identity() const { return identity_; }  // of the config

  // The result of a finished run that is there already.
  std::optional<RunResult> finished() const;
  // Makes the directory ours until this object goes; one in which another process is at work is a FileError, and so is a
  // finished run unless `overwrite`. Returns what state was there before, "" for none.
  std::string claim(bool overwrite);
  static bool at_work(const std::string& path);  // does a process hold it?
  // What a run before this one left is removed; its looks under way may stay, for one that is the same.
  void clear(bool keep_looks = false) const;
  // A run is there, but the program or its flags were others. (A finished run keeps its place until `clear`.)
  bool made_by_another_build() const;
  // A run that nobody answers for any more: it is failed, unless it says of itself that it has ended.
  void lost(const std::string& why) const;
  Json read(const std::string& file) const;  // null where there is none
  // Says so in status.json, if the directory is ours; never throws.
  void failed(const std::string& why) const;

  void write_json(const std::string& file, const Json& json) const;
  void status(const std::string& state, int64_t step) const;

 private:
  struct Lock {  // of the file .lock, by the kernel: it goes with the process, however that ends
    int file = -1;
    ~Lock();
  };
  std::string path_, identity_;
  Lock lock_;
  bool fresh_ = false;  // nothing of an earlier run is in it
};

Json manifest(const std::string& identity, const Dataset& data, const std::string& command, int threads, int64_t parameters);

// The manifest of a run that goes on at `step`: as it began, with "resumed", and "commits" where there are several.
Json resumed(const Json& began, const Json& now, int64_t step);

// Non-finite numbers as the strings "nan", "inf", "-inf": JSON has none. null is what there is not.
Json json_number(double value);
double number_of(const Json& json);
Json to_json(const RunResult& result);

}  // namespace bnlab
