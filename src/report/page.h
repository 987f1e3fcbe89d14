// One HTML file that tells what happened from top to bottom, and needs nothing but itself.
#pragma once

#include "report/figure.h"

namespace bnlab {

// FileError where the build had no drawing libraries.
std::string page(Evidence& evidence);

}  // namespace bnlab
