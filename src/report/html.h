// Text into HTML: nothing that a config or a CSV says may become a tag.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/document.h"

namespace bnlab {

std::string escaped(std::string_view text);  // & < > " '

// JSON inside <script>: '<' as \u003c, so that nothing in it ends the script.
std::string script_json(const Json& json);
// A script inside <script>: "</script" and "<!--" are broken up, in a way that means the same inside strings and
// patterns.
std::string inline_script(std::string_view text);
// 'sha256-...', as a content-security policy allows a script by what it says.
std::string policy_hash(std::string_view script);

// Values in a template at @name@; each once, and what is put in is not looked at again.
std::string filled(std::string_view text, const std::vector<std::pair<std::string, std::string>>& values);

// Rows of text, the first the heading; escaped.
std::string html_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace bnlab
