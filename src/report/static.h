// Figures as files: json (Vega-Lite with its data) and csv are written here; svg is drawn by vl2svg (of vega-lite), png
// and pdf are made of it by rsvg-convert.
#pragma once

#include "report/figure.h"

namespace bnlab {

const std::vector<std::string>& formats();

// FileError, with the command that is missing or its complaint.
void write_figure(const Figure& figure, const std::string& format, const std::string& path);

// What draws svg, or why nothing does: "".
bool can_draw(std::string& why);

}  // namespace bnlab
