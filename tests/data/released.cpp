// The datasets as released: sizes, first labels, checksums.
#include <catch2/catch.hpp>

#include <cmath>

#include "core/files.h"
#include "data/batches.h"
#include "places.h"
#include "support/process.h"
#include "support/scratch.h"

using namespace bnlab;

namespace {

void require_released(const std::string& name, const std::string& directory, int32_t first_label) {
  const auto source = make_as<DataSource>(datasets(), {name, "{}"});
  const std::string folder = find_folder(*source, directory);
  if (folder.empty()) {
    WARN("skipped: " << name << " is not here. " << source->how_to_get());
    return;
  }
  for (const auto& file : source->files()) {
    const std::string plain = folder + "/" + file;
    INFO(plain);
    REQUIRE(sha256(read_bytes(is_file(plain) ? plain : plain + ".gz")) == source->known_checksum(file));
  }
  const Dataset data = source->load(directory);
  REQUIRE(data.train.size == 60000);
  REQUIRE(data.test.size == 10000);
  REQUIRE(data.sample == Shape{1, 28, 28, 1});
  REQUIRE(data.train.labels[0] == first_label);
}

}  // namespace

TEST_CASE("Fashion-MNIST of Debian's package is as released", "[data]") { require_released("fashion_mnist", "/usr/share/datasets", 9); }

TEST_CASE("MNIST is as released, where it is at hand", "[data]") { require_released("mnist", BNLAB_TOP "/../shared/data", 5); }

TEST_CASE("CIFAR-10 decoded from a JPEG archive, where it is at hand: planes in their places, and a caution", "[data]") {
  const std::string unpack = BNLAB_TOP "/../shared/data/unpack-cifar10";
  if (!is_file(unpack)) {
    WARN("skipped: " << unpack << " is not here");
    return;
  }
  const bnlab::testing::Scratch scratch;
  const auto said = bnlab::testing::run({{unpack, scratch.path()}});
  if (said.code != 0) {
    WARN("skipped: unpack-cifar10 failed (it needs python3-pil and python3-numpy): " << said.err);
    return;
  }
  DataConfig config;
  config.source = {"cifar10", "{}"}, config.directory = scratch.path();
  std::string notice;
  const Dataset data = load_dataset(config, notice);
  CHECK(data.sample == Shape{1, 32, 32, 3});
  CHECK(data.caution == "not the original release; such files may be re-encoded (JPEG) or reordered copies");
  for (const auto& [split, each] : {std::pair{&data.train, 5000}, std::pair{&data.test, 1000}}) {
    std::vector<int> count(10);
    for (const int32_t label : split->labels) ++count[static_cast<size_t>(label)];
    CHECK(count == std::vector<int>(10, each));
  }
  // mean and deviation of R, G, B as everybody has them; a byte out of place would blend the channels
  const double mean[] = {0.4914, 0.4822, 0.4465}, deviation[] = {0.2470, 0.2435, 0.2616};
  for (size_t c = 0; c < 3; ++c) {
    const double scale = 255 * static_cast<double>(data.scale[c]);
    INFO(c << ": mean " << -static_cast<double>(data.offset[c]) / scale << ", deviation " << 1 / scale);
    CHECK(std::abs(1 / scale - deviation[c]) < 0.002);
    CHECK(std::abs(-static_cast<double>(data.offset[c]) / scale - mean[c]) < 0.002);
  }
}
