// CSV (RFC 4180), read back strictly: a heading, then rows of as many fields; a field in quotes may hold commas, line
// breaks and doubled quotes. A last line without its end, as a killed process leaves it, is not there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bnlab {

class Csv {
 public:
  // DataError(path:line, ...) where the text is not of this form. Memory grows with the text, whatever it says.
  Csv(std::string_view text, std::string path);
  static Csv read(const std::string& path);  // DataError where there is no such file

  const std::string& path() const { return path_; }
  size_t rows() const { return lines_.size(); }
  const std::vector<std::string_view>& columns() const { return columns_; }
  std::optional<size_t> find(std::string_view column) const;
  size_t column(std::string_view name) const;  // DataError where there is none
  std::string_view text(size_t row, size_t column) const { return fields_[row * columns_.size() + column]; }
  // DataError with file and line where it is no number; "nan", "inf" and "-inf" are, "" is not.
  double number(size_t row, size_t column) const;

 private:
  std::string path_;
  std::vector<char> text_;  // what the views look at: quoted fields are unfolded in place
  std::vector<std::string_view> columns_, fields_;
  std::vector<uint32_t> lines_;  // where each row begins
};

}  // namespace bnlab
