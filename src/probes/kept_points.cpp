#include "probes/kept_points.h"

#include <filesystem>

#include "core/text.h"

namespace bnlab {

KeptPoints::KeptPoints(const std::string& path, std::string what) : what_(std::move(what)) {
  if (path.empty()) return;
  make_directories(std::filesystem::path(path).parent_path().string());
  const std::string found = is_file(path) ? read_text(path) : "", head = what_ + "\n";
  std::string kept = head;
  for (size_t begin = head.size(), end = 0; found.starts_with(head) && (end = found.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const auto value = to_number(std::string_view(found).substr(begin, end - begin));
    if (!value) break;
    known_.push_back(*value), kept += found.substr(begin, end + 1 - begin);
  }
  if (kept != found) write_atomically(path, kept);
  file_ = std::make_unique<CsvFile>(path, what_);
}

double KeptPoints::next(const std::function<double()>& compute) {
  if (next_ < known_.size()) return known_[next_++];
  const double value = compute();
  if (file_) file_->line(number(value)), file_->flush();
  return value;
}

}  // namespace bnlab
