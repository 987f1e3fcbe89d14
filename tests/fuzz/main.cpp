// One target for libFuzzer: BNLAB_TARGET.
#include <cstddef>
#include <cstdint>

#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  bnlab::fuzz::BNLAB_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
