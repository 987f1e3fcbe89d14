// Small things about words and numbers as people read them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bnlab {

// The word of `known` nearest to `word` (Damerau-Levenshtein), or "" where none is near enough to be meant.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

// "; did you mean 'x'?" or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

std::string join(const std::vector<std::string>& words, std::string_view separator = ", ");

std::string_view trimmed(std::string_view text);  // less the blanks around it

// Parts between separators, less the blanks around them; one inside (), [] or {} does not count.
std::vector<std::string> split(std::string_view text, char separator);

// Shell-like match: '*' any run of characters, '?' one, "[abc]" and "[a-c]" one of a set.
bool matches(std::string_view pattern, std::string_view name);

// Shortest text that reads back as the same number; "nan", "inf", "-inf".
std::string number(double value);
std::string number(float value);

// The number that a text is from its first character to its last, as `number` writes it; none where it is something else.
std::optional<double> to_number(std::string_view text);

// "1.2 s", "3 min 20 s", "2 h 05 min".
std::string duration(double seconds);

// 1234567 -> "1,234,567".
std::string grouped(long long value);

// "12.3 MiB".
std::string bytes_text(double bytes);

// A field of a line of CSV, in quotes where it needs them (RFC 4180).
std::string csv_field(std::string_view field);

// Rows of cells as an aligned table; numbers to the right. The first row is the heading.
std::string aligned(const std::vector<std::vector<std::string>>& rows);

}  // namespace bnlab
