#include "core/csv.h"

#include "fuzz/targets.h"

namespace bnlab::fuzz {

void csv(Bytes bytes) {
  refused_or_read([&] {
    const Csv table(bytes, "fuzz.csv");
    size_t length = 0;
    for (size_t row = 0; row < table.rows(); ++row) {
      for (size_t k = 0; k < table.columns().size(); ++k) {
        length += table.text(row, k).size();
        refused_or_read([&] { table.number(row, k); });
      }
    }
    require(length <= bytes.size(), "fields say more than the text");
    refused_or_read([&] { table.column("value"); });
  });
}

}  // namespace bnlab::fuzz
