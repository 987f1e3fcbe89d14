// Channels in strips of a width that the compiler knows.
#pragma once

#include <type_traits>

#include "tensor/shape.h"

namespace bnlab {

// body(first channel, width): an integral_constant for full strips, a number for what is left.
template <Index strip, class Body>
void for_strips(Index channels, const Body& body) {
  Index c = 0;
  for (; c + strip <= channels; c += strip) body(c, std::integral_constant<Index, strip>());
  if (c < channels) body(c, channels - c);
}

}  // namespace bnlab
