#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

namespace bnlab {
namespace {

// Small and capital letters are the same mistake.
size_t edit_distance(std::string_view a, std::string_view b) {
  auto same = [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); };
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + !same(a[i - 1], b[j - 1])});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

// The length of the pattern's first element ("?", "[abc]", "[a-c]", a plain character) where it stands for `c`, else 0.
size_t one(std::string_view pattern, char c) {
  if (pattern.empty()) return 0;
  const size_t close = pattern[0] == '[' ? pattern.find(']', 1) : std::string_view::npos;
  if (close == std::string_view::npos) return pattern[0] == '?' || pattern[0] == c;
  for (size_t i = 1; i < close; ++i) {
    const bool range = i + 2 < close && pattern[i + 1] == '-';
    if (range ? pattern[i] <= c && c <= pattern[i + 2] : pattern[i] == c) return close + 1;
    if (range) i += 2;
  }
  return 0;
}

bool numeric(const std::string& cell) {
  return !cell.empty() && (std::isdigit(static_cast<unsigned char>(cell.back())) || cell.back() == '%' || cell == "-" ||
                           cell == "nan" || cell == "inf") &&
         cell.find_first_not_of("0123456789.,-+eE%xnaif ") == std::string::npos;
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  for (const auto& candidate : known) {
    if (std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size()) >= best_distance) continue;
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) best = candidate, best_distance = distance;
  }
  if (best.empty() && word.size() >= 3) {
    for (const auto& candidate : known) {
      if (candidate.find(word) != std::string::npos || word.find(candidate) != std::string::npos) return candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  return near.empty() ? "" : "; did you mean '" + near + "'?";
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
  return fmt::format("{}", fmt::join(words, separator));
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (std::string_view("([{").find(text[i]) != std::string_view::npos) ++depth;
    if (std::string_view(")]}").find(text[i]) != std::string_view::npos) --depth;
    if (text[i] != separator || depth > 0) continue;
    out.emplace_back(trimmed(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  out.emplace_back(trimmed(text.substr(begin)));
  return out;
}

bool matches(std::string_view pattern, std::string_view name) {
  // Only the last '*' is ever taken back: time grows with pattern times name, whatever the pattern.
  size_t p = 0, n = 0, star = std::string_view::npos, taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (const size_t length = one(pattern.substr(p), name[n])) {
      p += length;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string number(double value) { return std::isnan(value) ? "nan" : fmt::format("{}", value); }
std::string number(float value) { return std::isnan(value) ? "nan" : fmt::format("{}", value); }

std::optional<double> to_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string duration(double seconds) {
  if (!(seconds < 1e9)) return "-";
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string grouped(long long value) {
  std::string digits = std::to_string(value);
  for (auto i = static_cast<long long>(digits.size()) - 3; i > (value < 0 ? 1 : 0); i -= 3) {
    digits.insert(static_cast<size_t>(i), ",");
  }
  return digits;
}

std::string bytes_text(double bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{:.1f} KiB", bytes / 1024);
  if (bytes < 1024.0 * 1024 * 1024) return fmt::format("{:.1f} MiB", bytes / 1024 / 1024);
  if (bytes < 1024.0 * 1024 * 1024 * 1024) return fmt::format("{:.2f} GiB", bytes / 1024 / 1024 / 1024);
  return fmt::format("{:.0f} TiB", bytes / 1024 / 1024 / 1024 / 1024);
}

std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return "";
  const size_t columns = rows[0].size();
  std::vector<size_t> width(columns, 0);
  std::vector<bool> right(columns, rows.size() > 1);
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t k = 0; k < columns; ++k) {
      width[k] = std::max(width[k], rows[r][k].size());
      if (r > 0 && !rows[r][k].empty() && !numeric(rows[r][k])) right[k] = false;
    }
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t k = 0; k < columns; ++k) {
      line += right[k] ? fmt::format("{:>{}}", row[k], width[k]) : fmt::format("{:<{}}", row[k], width[k]);
      if (k + 1 < columns) line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string csv_field(std::string_view field) {
  if (field.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(field);
  std::string out = "\"";
  for (const char c : field) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

}  // namespace bnlab
