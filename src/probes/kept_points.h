// Points of a long look, on disk as they come: <run>/checkpoints/look-<name>. A run that was killed in the midst of the
// look goes on behind the last one. Line 1 says of what they are; then one value a line, in the order in which they are
// asked for. A last line that is torn does not count.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/files.h"

namespace bnlab {

class KeptPoints {
 public:
  // path: "" keeps nothing. Points of anything but `what` are thrown away.
  KeptPoints(const std::string& path, std::string what);

  const std::string& what() const { return what_; }
  // The next point: from the disk, or computed and kept. FileError.
  double next(const std::function<double()>& compute);

 private:
  std::string what_;
  std::vector<double> known_;
  size_t next_ = 0;
  std::unique_ptr<CsvFile> file_;
};

}  // namespace bnlab
