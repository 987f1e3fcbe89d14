// The three kinds of wrong that are not ours (ours are asserts). Each carries the exit code of the program.
#pragma once

#include <stdexcept>
#include <string>

namespace bnlab {

class Error : public std::runtime_error {
 public:
  Error(int exit_code, const std::string& message) : std::runtime_error(message), exit_code_(exit_code) {}
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

// A person's: a misspelt key, a bad value, shapes that cannot meet. `path` is the place in the config
// ("model.norm.epsilon"); whoever knows the document puts file and line before it.
class ConfigError : public Error {
 public:
  ConfigError(const std::string& path, const std::string& what)
      : Error(2, path.empty() ? what : path + ": " + what), path_(path), what_(what) {}
  const std::string& path() const { return path_; }
  const std::string& bare() const { return what_; }

 private:
  std::string path_, what_;
};

// A person's as well, on the command line.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& what) : Error(2, what) {}
};

// The world's: missing or malformed data, a full disk.
class DataError : public Error {
 public:
  DataError(const std::string& path, const std::string& what) : Error(3, path + ": " + what) {}
};

class FileError : public Error {
 public:
  FileError(const std::string& path, const std::string& what) : Error(3, path + ": " + what) {}
};

// Another process is at work there.
class InUse : public FileError {
 public:
  using FileError::FileError;
};

// The user's wish: leave now (exit 130, as shells expect).
class Interrupted : public Error {
 public:
  Interrupted() : Error(130, "interrupted") {}
};

}  // namespace bnlab
