// The datasets as released: sizes, first labels, checksums.
#include <catch2/catch.hpp>

#include "core/files.h"
#include "data/dataset.h"

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
