// A directory of a test's own under the system's temporary one, gone with the test.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

namespace bnlab::testing {

class Scratch {
 public:
  Scratch() {
    std::string pattern =
        (std::filesystem::canonical(std::filesystem::temp_directory_path()) / "bnlab-test-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot make a directory like " + pattern);
    path_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }
  std::string path(const std::string& name) const { return path_ + "/" + name; }

  // Writes a file, and the folders above it; returns its path.
  std::string write(const std::string& name, const std::string& content) const {
    const std::filesystem::path whole = path(name);
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream file(whole, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!file.flush()) throw std::runtime_error("cannot write " + whole.string());
    return whole.string();
  }

  std::string read(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    std::stringstream out;
    out << file.rdbuf();
    return out.str();
  }

  // Everything in it, at any depth, by its name relative to it.
  std::set<std::string> listing() const {
    std::set<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
      out.insert(std::filesystem::relative(entry.path(), path_).string());
    }
    return out;
  }

 private:
  std::string path_;
};

}  // namespace bnlab::testing
