// Vectors of floats as wide as the machine's registers; the compiler's own vector types, so one source serves them all.
#pragma once

#include "tensor/shape.h"

namespace bnlab {

#if defined(__AVX512F__)
constexpr Index lanes = 16, vector_registers = 32;
#elif defined(__AVX__)
constexpr Index lanes = 8, vector_registers = 16;
#else
constexpr Index lanes = 4, vector_registers = 16;
#endif

using Vec [[gnu::vector_size(lanes * 4)]] = float;
using LooseVec [[gnu::vector_size(lanes * 4), gnu::aligned(4), gnu::may_alias]] = float;

// Before a loop of a few steps whose variables are to stay in registers: by itself the compiler unrolls fewer.
#define BNLAB_UNROLL _Pragma("GCC unroll 32")

inline Vec load(const float* p) { return *reinterpret_cast<const LooseVec*>(p); }
inline void store(float* p, Vec v) { *reinterpret_cast<LooseVec*>(p) = v; }

// Past the caches, for what is too large to be there when it is read: p is aligned to a whole vector, and the thread ends
// with streamed().
inline void stream(float* p, Vec v) {
#if defined(__AVX512F__)
  __builtin_ia32_movntps512(p, v);
#elif defined(__AVX__)
  __builtin_ia32_movntps256(p, v);
#else
  __builtin_ia32_movntps(p, v);
#endif
}
inline void streamed() { __builtin_ia32_sfence(); }

// max(v, 0); a NaN stays one
inline Vec rectified(Vec v) { return v > 0 ? v : v != v ? v : Vec{}; }

}  // namespace bnlab
