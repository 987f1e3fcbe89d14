// Images put in the middle of larger black ones, so that those of 28 x 28 fit networks made for 32 x 32. As with
// torchvision's Pad before Normalize: the statistics of standardizing are of the images without their frames.
#pragma once

#include "data/dataset.h"

namespace bnlab {

// Every image of every split becomes side x side; an odd row or column of the frame goes below, or right. Scale and
// offset follow: the frame is black (0) before standardizing. ConfigError where there are no images or larger ones.
void pad_to(Dataset& data, Index side, const std::string& standardize);

}  // namespace bnlab
