// The committed corpora, whole, cut short and with bytes changed at random: what libFuzzer runs for hours, for a moment in
// the ordinary tests (under ASan and UBSan in the preset dev).
#include <catch2/catch.hpp>

#include <algorithm>

#include "core/rng.h"
#include "fuzz/targets.h"
#include "places.h"

using namespace bnlab;

namespace {

struct Target {
  std::string name;
  void (*feed)(fuzz::Bytes);
};

class Draw {
 public:
  uint64_t operator()(uint64_t n) { return stream_.below(0, index_++, n); }

 private:
  Stream stream_{1, "replay"};
  uint64_t index_ = 0;
};

// One to four bytes become others, are left out, or are doubled.
std::string changed(std::string bytes, Draw& draw) {
  for (uint64_t k = draw(4) + 1; k > 0 && !bytes.empty(); --k) {
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(draw(bytes.size()));
    const uint64_t how = draw(4);
    if (how == 0) {
      bytes.erase(at);
    } else if (how == 1) {
      bytes.insert(at, *at);
    } else {
      *at = static_cast<char>(how == 2 ? *at ^ (1 << draw(8)) : draw(256));
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("readers: whatever the bytes are, an error or a value", "[fuzz]") {
  const auto target = GENERATE(Target{"config", fuzz::config}, Target{"idx", fuzz::idx}, Target{"cifar", fuzz::cifar}, Target{"checkpoint", fuzz::checkpoint}, Target{"csv", fuzz::csv});
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(BNLAB_TEST_DIR "/fuzz/corpus/" + target.name)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  REQUIRE(!files.empty());
  Draw draw;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(in), {}};
    INFO(file);
    CHECK_NOTHROW(target.feed(whole));
    for (int k = 0; k < 30; ++k) {
      const std::string cut = whole.substr(0, draw(whole.size() + 1)), other = changed(whole, draw);
      INFO("try " << k);
      CHECK_NOTHROW(target.feed(cut));
      CHECK_NOTHROW(target.feed(other));
    }
  }
}
