// A figure: rows, a Vega-Lite spec that draws them, and what must be said under it. One file a kind in figures/, one
// line in figures.cpp.
#pragma once

#include "report/evidence.h"
#include "report/rows.h"

namespace bnlab {

struct Figure {
  std::string name, section, title;  // of the table
  std::string says;                  // how to read it, and whatever of the data it leaves out
  Rows rows;
  Json spec;           // without its data; they are called "rows"
  bool log = false;    // y may be drawn in logarithms: everything is above 0
  std::string source;  // the files that the rows were taken from
  std::string seeds;   // "" those of the runs
  int cell = 250;       // pixels that a panel needs: a page puts as many beside each other as fit
};

struct Kind {
  std::string name, section, title;
  std::string needs;                                 // said where there is nothing to draw
  bool (*draw)(Evidence& evidence, Figure& figure);  // false where there is nothing
};
const std::vector<Kind>& kinds_of_figures();  // in the order of a page
const std::vector<std::string>& sections();   // of a page

// All that there is something for; `only`: of that kind. UsageError where no kind has that name.
std::vector<Figure> draw(Evidence& evidence, const std::string& only = "");

// A whole Vega-Lite document, which any tool that knows them can draw.
Json standalone(const Figure& figure);

// config, seeds, commit, command: what stands under every figure.
struct Origin {
  std::string config, seeds, commit, data;
};
Origin origin_of(const Evidence& evidence);
std::string command_of(const Evidence& evidence, const std::string& figure);

}  // namespace bnlab
