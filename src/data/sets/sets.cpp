#include "data/sets/sets.h"

namespace bnlab {

#define ENTRY(name, summary) {#name, summary, make_##name},

const Catalog& datasets() {
  static const Catalog catalog{"dataset", {DATASETS(ENTRY)}};
  return catalog;
}

}  // namespace bnlab
