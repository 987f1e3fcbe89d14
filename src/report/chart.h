// What the figures have in common: colours, axes, spreads over seeds.
#pragma once

#include <map>
#include <string_view>

#include "report/figure.h"

namespace bnlab {

// Eight colours that stay apart for the colour-blind (tests/report/palette.cpp), on paper and on black.
const std::vector<std::string>& palette();

struct Dot {
  double x, y;
};

// Over seeds, at every x that all of them have: the mean, and Student's 95 % interval of it from three seeds on; of two
// the range; of one neither (nan).
struct Spread {
  double x, mean, low, high;
  size_t n;
};
std::vector<Spread> over_seeds(const std::vector<std::vector<Dot>>& seeds);
std::string spread_in_words(const Evidence& evidence);

// Colour of an arm, the same in every figure of a page; beyond the eighth colours come again, with dashes.
int arm_width(const Evidence& evidence);  // pixels that the longest name needs
Json arm_colour(const Evidence& evidence);
Json arm_dash(const Evidence& evidence);

Json axis(const std::string& title);

// At most `most` (at least 1) of the words, evenly, the first and the last among them; of one, that in the middle.
std::vector<std::string> some_of(const std::vector<std::string>& words, size_t most);

// The parameter by which a page hides arms, and the transform that heeds it.
Json hidden_arms();
Json shown_arms();

// Layers of a probe in the order of the file: those that all arms have; where there is none, those that any has.
std::vector<std::string> layers_of(Evidence& evidence, const std::string& probe, const std::string& metric,
                                   std::string_view ending = "");

}  // namespace bnlab
