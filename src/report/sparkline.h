// A run in a few lines of a terminal.
#pragma once

#include <string>
#include <vector>

namespace bnlab {

// The course of values in eight heights, at most `width` (at least 1) characters, each the mean of a stretch; 'x' where
// one is not finite. All equal: the lowest height.
std::string sparkline(const std::vector<double>& values, size_t width);

// Loss, gradient and scores of the run in a directory so far, a line each; "" where nothing was written yet.
std::string pulse_of(const std::string& dir, size_t width);

}  // namespace bnlab
