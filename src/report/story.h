// The words of a page: what was run, section by section.
#pragma once

#include "report/figure.h"

namespace bnlab {

std::string head_of(const Evidence& evidence);                              // HTML
std::string lead_of(const Evidence& evidence, const std::string& section);  // HTML; "" where there is nothing to say
std::string foot_of(const Evidence& evidence);

}  // namespace bnlab
