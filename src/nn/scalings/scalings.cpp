#include "nn/catalogs.h"
#include "nn/table.h"

#define SCALINGS(X) X(none, "y = skip + branch")

namespace bnlab {
BNLAB_DEFINE_TABLE(scalings, "scaling", SCALINGS)
}  // namespace bnlab
