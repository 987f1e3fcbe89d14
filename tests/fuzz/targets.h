// The readers of what others have written, each as a function of bytes. Whatever the bytes are: an Error or nothing, never
// another exception, a crash, or memory out of proportion to them. scripts/fuzz gives them to libFuzzer, replay.cpp to the
// ordinary tests.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "core/error.h"
#include "support/scratch.h"

namespace bnlab::fuzz {

using Bytes = std::string_view;

void config(Bytes bytes);      // a config, and behind each byte 0xff (which no text has) a --set
void idx(Bytes bytes);         // images, and labels
void cifar(Bytes bytes);       // of all six files
void checkpoint(Bytes bytes);  // of a small run
void csv(Bytes bytes);

// Readers take files.
inline const testing::Scratch& scratch() {
  static const testing::Scratch one;
  return one;
}
inline std::string as_file(const std::string& name, Bytes bytes) { return scratch().write(name, std::string(bytes)); }

template <class Body>
void refused_or_read(const Body& body) {
  try {
    body();
  } catch (const Error&) {
  }
}

// Whatever is read, this holds; NDEBUG does not take it away.
inline void require(bool condition, const char* what) {
  if (!condition) throw std::logic_error(what);
}

}  // namespace bnlab::fuzz
