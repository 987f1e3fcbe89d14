#include "core/csv.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"

namespace bnlab {
namespace {

constexpr size_t most = size_t{1} << 32;

// Takes a text apart line by line; what is in quotes is moved together in place.
class Reader {
 public:
  Reader(std::vector<char>& text, const std::string& path) : at_(text.data()), end_(at_ + text.size()), path_(path) {}

  // Fields of the next line, appended; false at the end, or where the last line is torn.
  bool line(std::vector<std::string_view>& fields) {
    const size_t had = fields.size();
    begin_ = line_;
    for (;;) {
      if (at_ == end_) break;
      std::string_view field;
      if (!(*at_ == '"' ? quoted(field) : plain(field)) || at_ == end_) break;
      fields.push_back(field);
      if (*at_ == ',') {
        ++at_;
        continue;
      }
      if (*at_ == '\r' && at_ + 1 == end_) break;
      if (*at_ == '\r') ++at_;
      ++at_, ++line_;
      return true;
    }
    fields.resize(had);
    return false;
  }
  uint32_t begin() const { return begin_; }
  [[noreturn]] void wrong(uint32_t line, const std::string& what) const { throw DataError(fmt::format("{}:{}", path_, line), what); }

 private:
  bool ends() const { return *at_ == ',' || *at_ == '\n' || (*at_ == '\r' && (at_ + 1 == end_ || at_[1] == '\n')); }

  bool plain(std::string_view& field) {
    const char* const first = at_;
    for (; at_ != end_ && !ends(); ++at_) {
      if (*at_ == '"') wrong(line_, "a quote inside a field that does not begin with one");
      if (*at_ == '\r' || *at_ == '\0') wrong(line_, "a control character outside quotes");
    }
    field = {first, static_cast<size_t>(at_ - first)};
    return true;
  }

  bool quoted(std::string_view& field) {
    char *const first = ++at_, *to = first;
    const uint32_t opened = line_;
    for (; at_ != end_; ++at_) {
      if (*at_ == '"') {
        if (++at_ == end_) return false;
        if (*at_ != '"') {
          if (!ends()) wrong(line_, "something else than a comma behind a closing quote");
          field = {first, static_cast<size_t>(to - first)};
          return true;
        }
      }
      line_ += *at_ == '\n';
      *to++ = *at_;
    }
    if (line_ != opened) wrong(opened, "a quote that is never closed");  // not a torn line but the rest of the file
    return false;
  }

  char *at_, *end_;
  const std::string& path_;
  uint32_t line_ = 1, begin_ = 1;
};

}  // namespace

Csv::Csv(std::string_view text, std::string path) : path_(std::move(path)), text_(text.begin(), text.end()) {
  Reader reader(text_, path_);
  reader.line(columns_);
  std::vector<std::string_view> sorted = columns_;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) reader.wrong(1, fmt::format("the column '{}' is there twice", *twice));
  for (size_t had = 0; reader.line(fields_); had = fields_.size()) {
    if (fields_.size() - had != columns_.size()) reader.wrong(reader.begin(), fmt::format("{} fields, the heading has {}", fields_.size() - had, columns_.size()));
    lines_.push_back(reader.begin());
  }
}

Csv Csv::read(const std::string& path) {
  if (!is_file(path)) throw DataError(path, "there is no such file");
  const std::string text = read_text(path, most);
  if (text.size() == most) throw DataError(path, fmt::format("has more than {}", bytes_text(most)));
  return {text, path};
}

std::optional<size_t> Csv::find(std::string_view column) const {
  const auto at = std::find(columns_.begin(), columns_.end(), column);
  if (at == columns_.end()) return std::nullopt;
  return at - columns_.begin();
}

size_t Csv::column(std::string_view name) const {
  if (const auto at = find(name)) return *at;
  throw DataError(path_, fmt::format("has no column '{}' (known: {})", name, fmt::join(columns_, ", ")));
}

double Csv::number(size_t row, size_t column) const {
  const std::string_view field = text(row, column);
  const auto value = to_number(field);
  if (!value) throw DataError(fmt::format("{}:{}", path_, lines_[row]), fmt::format("{}: '{}' is no number", columns_[column], field.substr(0, 40)));
  return *value;
}

}  // namespace bnlab
