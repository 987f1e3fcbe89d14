// Files of image sets, read back byte for byte.
#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/files.h"
#include "data/sets/idx.h"
#include "support/image_files.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

std::vector<uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

Dataset load(const std::string& name, const std::string& directory) {
  return make_as<DataSource>(datasets(), {name, "{}"})->load(directory);
}

}  // namespace

TEST_CASE("IDX files are read as they are, plain or gzip", "[data]") {
  const Scratch scratch;
  for (const bool zip : {false, true}) {
    const std::string images = idx_images(20, 2, 3), labels = idx_labels(20);
    const IdxImages read = read_idx_images(scratch.write("images", zip ? gzipped(images) : images));
    CHECK(read.count == 20);
    CHECK(read.height == 2);
    CHECK(read.width == 3);
    CHECK(read.pixels == bytes_of(pixels(120)));
    const auto numbers = read_idx_labels(scratch.write("labels", zip ? gzipped(labels) : labels), 10);
    REQUIRE(numbers.size() == 20);
    for (int32_t i = 0; i < 20; ++i) CHECK(numbers[static_cast<size_t>(i)] == i % 10);
  }
}

TEST_CASE("an IDX label must be below the number of classes", "[data]") {
  const Scratch scratch;
  const std::string path = scratch.write("labels", idx_labels(10));
  CHECK(read_idx_labels(path, 10).size() == 10);
  CHECK_THROWS_WITH(read_idx_labels(path, 9), path + ": offset 17: label 9 of sample 9, expected 0..8");
}

TEST_CASE("MNIST's four files are found in each of their folders, and are the same gzip or plain", "[data]") {
  std::string checksum;
  for (const std::string folder : {"mnist", "MNIST/raw"}) {
    for (const bool zip : {false, true}) {
      const Scratch scratch;
      for (const auto& [name, text] : mnist_files(folder))
        scratch.write(zip ? name + ".gz" : name, zip ? gzipped(text) : text);
      const Dataset data = load("mnist", scratch.path());
      CHECK(data.sample == Shape{1, 2, 3, 1});
      CHECK(data.outputs == 10);
      CHECK(data.classes);
      CHECK(data.source == scratch.path(folder));
      CHECK(data.train.size == 20);
      CHECK(data.test.size == 10);
      CHECK(data.train.bytes == bytes_of(pixels(120)));
      CHECK(data.test.bytes == bytes_of(pixels(60)));
      if (checksum.empty()) checksum = data.sha256;
      CHECK(data.sha256 == checksum);
    }
  }
  CHECK(checksum.size() == 64);
}

TEST_CASE("another pixel or another label is another checksum", "[data]") {
  auto checksum = [](const std::string& file, size_t at) {
    const Scratch scratch;
    auto files = mnist_files("mnist");
    if (!file.empty()) files.at("mnist/" + file)[at] ^= 1;
    for (const auto& [name, text] : files) scratch.write(name, text);
    return load("mnist", scratch.path()).sha256;
  };
  const std::string whole = checksum("", 0);
  CHECK(checksum("train-images-idx3-ubyte", 16) != whole);
  CHECK(checksum("t10k-images-idx3-ubyte", 16 + 59) != whole);
  CHECK(checksum("train-labels-idx1-ubyte", 8) != whole);
  CHECK(checksum("t10k-labels-idx1-ubyte", 8 + 9) != whole);
}

TEST_CASE("CIFAR's planes become channels-last, and its files follow each other", "[data]") {
  const Scratch scratch;
  int file = 0;
  for (const auto& [name, text] : cifar10_files("cifar-10-batches-bin")) {  // data_batch_1 .. 5, then test_batch
    std::string own = text;
    own[0] = static_cast<char>(file++);
    scratch.write(name, own);
  }
  const Dataset data = load("cifar10", scratch.path());
  CHECK(data.sample == Shape{1, 32, 32, 3});
  CHECK(data.outputs == 10);
  CHECK(data.train.labels == std::vector<int32_t>{0, 9, 1, 9, 2, 9, 3, 9, 4, 9});
  CHECK(data.test.labels == std::vector<int32_t>{5, 9});
  CHECK(data.train.size == 10);
  CHECK(data.test.size == 2);
  CHECK_FALSE(data.caution.empty());  // this is not the release, and its numbers are not comparable
  const std::string planes = pixels(3 * 32 * 32);
  REQUIRE(data.train.bytes.size() == 10 * planes.size());
  size_t wrong = 0;
  for (size_t i = 0; i < 10; ++i) {
    for (size_t p = 0; p < 32 * 32; ++p) {
      for (size_t c = 0; c < 3; ++c) {
        wrong += data.train.bytes[i * planes.size() + 3 * p + c] != static_cast<uint8_t>(planes[c * 32 * 32 + p]);
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("CIFAR-100's class is its second label byte", "[data]") {
  const Scratch scratch;
  scratch.write("cifar-100-binary/train.bin", cifar_record("\x07\x13") + cifar_record("\x02\x63"));
  scratch.write("cifar-100-binary/test.bin", cifar_record("\x63\x01"));
  const Dataset data = load("cifar100", scratch.path());
  CHECK(data.outputs == 100);
  CHECK(data.train.labels == std::vector<int32_t>{0x13, 0x63});
  CHECK(data.test.labels == std::vector<int32_t>{0x01});
  scratch.write("cifar-100-binary/test.bin", cifar_record("\x01\x64"));
  CHECK_THROWS_AS(load("cifar100", scratch.path()), DataError);
}

TEST_CASE("what unpacks to more than is allowed is refused", "[data]") {
  const Scratch scratch;
  const std::string path = scratch.write("x.gz", gzipped(std::string(3 << 20, 'x')));
  CHECK(read_bytes(path).size() == 3 << 20);
  CHECK(read_bytes(path, 3 << 20).size() == 3 << 20);
  CHECK_THROWS_WITH(read_bytes(path, (3 << 20) - 1),
                    path + ": unpacks to more than 3145727 bytes; this is no dataset known here");
}

TEST_CASE("Fashion-MNIST, where it is installed, is what its paper says", "[data]") {
  if (find_folder(*make_as<DataSource>(datasets(), {"fashion_mnist", "{}"}), "").empty()) {
    WARN("skipped: dataset-fashion-mnist is not installed");
    return;
  }
  const Dataset data = load("fashion_mnist", "");
  CHECK(data.sample == Shape{1, 28, 28, 1});
  CHECK(data.train.size == 60000);
  CHECK(data.test.size == 10000);
  std::vector<int> count(10);
  for (const int32_t label : data.train.labels) ++count[static_cast<size_t>(label)];
  CHECK(count == std::vector<int>(10, 6000));
}
