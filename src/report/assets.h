// What a page is made with, inside the binary: its own template, and the drawing libraries where the build had them.
#pragma once

#include <string_view>
#include <vector>

namespace bnlab {

struct Library {
  std::string_view name, text, licence;
};
// vega, vega-lite, vega-embed in the order in which they are to run; none where the build had none (FileError with what
// to do).
const std::vector<Library>& drawing_libraries();
// Where npm has put its programs (vl2svg): "" where the build had none.
std::string_view drawing_programs();

std::string_view page_template();
std::string_view page_style();
std::string_view page_script();

}  // namespace bnlab
