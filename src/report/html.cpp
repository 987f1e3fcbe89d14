#include "report/html.h"

#include <nlohmann/json.hpp>

#include "core/files.h"

namespace bnlab {
namespace {

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string out;
  for (size_t at = 0;;) {
    const size_t next = text.find(what, at);
    out += text.substr(at, next == std::string_view::npos ? next : next - at);
    if (next == std::string_view::npos) return out;
    out += with, at = next + what.size();
  }
}

std::string base64(const std::string& hexadecimal) {
  static const char* const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0, held = 0;
  for (size_t i = 0; i < hexadecimal.size(); i += 2) {
    bits = bits << 8 | static_cast<unsigned>(std::stoul(hexadecimal.substr(i, 2), nullptr, 16)), held += 8;
    for (; held >= 6; held -= 6) out += digits[bits >> (held - 6) & 63];
  }
  if (held > 0) out += digits[bits << (6 - held) & 63];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// What is no UTF-8 is replaced, not thrown at: file names may be anything.
std::string script_json(const Json& json) {
  return replaced(json.dump(-1, ' ', false, Json::error_handler_t::replace), "<", "\\u003c");
}

std::string inline_script(std::string_view text) {
  return replaced(replaced(text, "</script", "<\\/script"), "<!--", "\\x3c!--");
}

std::string policy_hash(std::string_view script) { return "'sha256-" + base64(sha256(script)) + "'"; }

std::string filled(std::string_view text, const std::vector<std::pair<std::string, std::string>>& values) {
  std::string out;
  while (!text.empty()) {
    size_t first = std::string_view::npos;
    const std::pair<std::string, std::string>* which = nullptr;
    for (const auto& value : values) {
      const size_t at = text.find("@" + value.first + "@");
      if (at < first) first = at, which = &value;
    }
    out += text.substr(0, first);
    if (!which) return out;
    out += which->second;
    text.remove_prefix(first + which->first.size() + 2);
  }
  return out;
}

std::string html_table(const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table>";
  for (size_t i = 0; i < rows.size(); ++i) {
    out += "<tr>";
    for (const std::string& entry : rows[i])
      out += (i == 0 ? "<th scope=\"col\">" : "<td>") + escaped(entry) + (i == 0 ? "</th>" : "</td>");
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

}  // namespace bnlab
