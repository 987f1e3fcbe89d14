// Convolution 3x3, stride 1, padded by 1, in float, by Winograd's F(4x4, 3x3): 36 multiplications for 16 outputs where the
// plain sum takes 144. Channels in multiples of 16. Blocks of tiles are transformed, multiplied and transformed back while
// they stay in the core's own cache; no transformed tensor is ever whole in memory.
//
// The work is cut by a rule of the shape alone: results do not depend on the number of threads.
#pragma once

#include "core/pool.h"
#include "tensor/shape.h"

namespace bnlab::winograd {

bool takes(Shape in, Index out);  // channels and map sizes that it is made for

Index transformed_weights(Index in, Index out);    // floats
Index convolve_scratch(Shape in, Index out);       // floats
Index weight_gradient_scratch(Shape in, Index out);  // floats

// G g G^T of the weights w (out, 3, 3, in), as convolve() reads them.
void transform_weights(Pool& pool, const float* w, Index in, Index out, float* u);
// The same of the weights turned by half a circle, in and out exchanged: convolve() then maps dy to dx.
void transform_turned_weights(Pool& pool, const float* w, Index in, Index out, float* u);

// y = x * w (+ bias) (+ y) (+ skip), then rectified where asked. Moments: a tile's 16 numbers are summed in float about the
// first of them, which at most makes the squares 17 times those about their mean; all else is in double. So the variance
// is exact to 2e-5, and to 1e-6 but for tiles that all begin with an outlier, plus 2e-16 of mean^2.
struct Finish {
  const float* bias = nullptr;
  bool add = false;
  const float* skip = nullptr;
  bool rectify = false;
  double* moments = nullptr;  // takes mean and biased variance of y, per channel
};
void convolve(Pool& pool, View<const float> x, const float* u, View<float> y, Finish finish, float* scratch);

// dw (out, 3, 3, in) = sum over samples and positions of dy times the x it saw.
void weight_gradient(Pool& pool, View<const float> x, View<const float> dy, float* dw, float* scratch);

}  // namespace bnlab::winograd
