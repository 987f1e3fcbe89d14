#include "model/model.h"
#include "nn/table.h"

#define MODELS(X)                                                                                  \
  X(mlp, "hidden layers of any widths, then a classifier")                                         \
  X(deep_linear, "weight layers without nonlinearity (Santurkar et al. 2018: 25 of 10 x 10)")      \
  X(residual_mlp, "pre-activation residual blocks of dense layers (De & Smith 2020, fully connected)")          \
  X(vgg, "3x3 convolutions and pooling (Simonyan & Zisserman 2015, for small images)")             \
  X(resnet_cifar, "6n+2 layers, three stages, shortcuts without parameters (He et al. 2015, 2016)") \
  X(wide_resnet, "6n+4 layers, k times as wide, pre-activation (Zagoruyko & Komodakis 2016)")      \
  X(plain_cnn, "resnet_cifar without its skip connections")                                        \
  X(recurrent, "a plain recurrent network over the rows of an image, unrolled (Elman 1990)")

namespace bnlab {
BNLAB_DEFINE_TABLE(models, "model", MODELS)
}  // namespace bnlab
