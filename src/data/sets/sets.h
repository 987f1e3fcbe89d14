// The makers of the datasets' table.
#pragma once

#include "data/dataset.h"

#define DATASETS(X)                                                                                   \
  X(fashion_mnist, "60,000 + 10,000 images of clothes, 28x28x1, 10 classes")                          \
  X(mnist, "60,000 + 10,000 handwritten digits, 28x28x1, 10 classes")                                 \
  X(cifar10, "50,000 + 10,000 colour images, 32x32x3, 10 classes")                                    \
  X(cifar100, "50,000 + 10,000 colour images, 32x32x3, 100 classes")                                  \
  X(gaussian_mixture, "generated vectors: one Gaussian per class, with offset and conditioning")      \
  X(linear_teacher, "generated vectors: x Gaussian, target A x (Santurkar et al. 2018)")              \
  X(textures, "generated images: oriented gratings with noise, 32x32x3")

namespace bnlab {
#define BNLAB_DECLARE_SET(name, summary) std::unique_ptr<Component> make_##name();
DATASETS(BNLAB_DECLARE_SET)
#undef BNLAB_DECLARE_SET
}  // namespace bnlab
