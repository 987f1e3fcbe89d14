// Datasets that are missing, torn or lie about themselves: exit code 3, the file, and the offset where it goes wrong.
#include <unistd.h>

#include "program/refused.h"
#include "places.h"
#include "support/image_files.h"

using namespace bnlab::testing;

namespace {

using Files = std::map<std::string, std::string>;

constexpr const char* train_images = "data/mnist/train-images-idx3-ubyte";
constexpr const char* train_labels = "data/mnist/train-labels-idx1-ubyte";
constexpr const char* test_images = "data/mnist/t10k-images-idx3-ubyte";

std::string config(const std::string& dataset) {
  return R"({"data": {"name": ")" + dataset + R"(", "directory": "data"}, "model": {"widths": [4]},
    "train": {"steps": 1, "batch_size": 4}})";
}

// MNIST's four files with one of them replaced; "": taken away.
Refused mnist(const std::string& what, const std::string& name, const std::string& content,
              const std::string& message) {
  Files files = mnist_files("data/mnist");
  files.erase(name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name);
  files[name] = content;
  return {what, config("mnist"), message, 3, {}, files};
}

Refused cifar10(const std::string& what, const std::string& name, const std::string& content,
                const std::string& message) {
  Files files = cifar10_files("data/cifar-10-batches-bin");
  files["data/cifar-10-batches-bin/" + name] = content;
  return {what, config("cifar10"), "data/cifar-10-batches-bin/" + name + ": " + message, 3, {}, files};
}

std::string cut(const std::string& text, size_t bytes) { return text.substr(0, text.size() - bytes); }

const std::string how_to_get_mnist =
    "Put the four IDX files (train-images-idx3-ubyte.gz ...) in a folder mnist/ and set BNLAB_DATA_DIR to its parent";

}  // namespace

TEST_CASE("the files that the tests break are read when whole", "[program][bad]") {
  for (const std::string dataset : {"mnist", "cifar10"}) {
    const Scratch scratch;
    for (const auto& [name, text] : mnist_files("data/mnist")) scratch.write(name, text);
    for (const auto& [name, text] : cifar10_files("data/cifar-10-batches-bin")) scratch.write(name, text);
    scratch.write("good.json", config(dataset));
    const Said said = run({{BNLAB_PROGRAM, "run", "good.json", "--quiet", "--out", "out"}, scratch.path()});
    CHECK(said.code == 0);
  }
}

TEST_CASE("missing data is an error that says what to do", "[program][bad]") {
  Files one_missing = mnist_files("data/mnist"), directory = one_missing;
  one_missing.erase(test_images);
  directory.erase(test_images);
  directory[std::string(test_images) + "/inside"] = "";
  Files cifar_missing = cifar10_files("data/cifar-10-batches-bin");
  cifar_missing.erase("data/cifar-10-batches-bin/data_batch_2.bin");
  cifar_missing.erase("data/cifar-10-batches-bin/data_batch_4.bin");
  check({
      {"no folder", config("mnist"), "mnist: not found (looked in data/mnist, data/MNIST/raw); " + how_to_get_mnist, 3},
      {"a file for a folder",
       config("mnist"),
       "mnist: not found (looked in data/mnist, data/MNIST/raw); " + how_to_get_mnist,
       3,
       {},
       {{"data", "x"}}},
      {"one file missing",
       config("mnist"),
       "mnist: not found (looked in data/mnist (lacks t10k-images-idx3-ubyte), data/MNIST/raw); " + how_to_get_mnist,
       3,
       {},
       one_missing},
      {"a directory for a file",
       config("mnist"),
       "mnist: not found (looked in data/mnist (lacks t10k-images-idx3-ubyte), data/MNIST/raw); " + how_to_get_mnist,
       3,
       {},
       directory},
      {"fashion_mnist", config("fashion_mnist"),
       "fashion_mnist: not found (looked in data/fashion-mnist, data/fashion_mnist); Get it with: apt-get install "
       "dataset-fashion-mnist",
       3},
      {"cifar10", config("cifar10"),
       "cifar10: not found (looked in data/cifar-10-batches-bin, data); Unpack the binary version of cifar10 and set "
       "BNLAB_DATA_DIR to the folder that holds cifar-10-batches-bin/",
       3},
      {"two files of cifar10 missing",
       config("cifar10"),
       "cifar10: not found (looked in data/cifar-10-batches-bin (lacks data_batch_2.bin, data_batch_4.bin), data); "
       "Unpack "
       "the binary version of cifar10 and set BNLAB_DATA_DIR to the folder that holds cifar-10-batches-bin/",
       3,
       {},
       cifar_missing},
  });
}

TEST_CASE("IDX files that are torn or lie are errors with the offset", "[program][bad]") {
  const std::string images = idx_images(20, 2, 3), labels = idx_labels(20);
  std::string images_for_labels = images, bad_label = labels, huge = images, wrapping = images, more = images;
  images_for_labels[3] = '\x01';
  bad_label[8 + 7] = '\x0a';
  const std::string most = big_endian(0xffffffff);
  huge.replace(4, 12, most + most + most);
  // 2^31 * 2^31 * 4 = 2^64, which is 0 to whoever multiplies in 64 bits
  wrapping.replace(4, 12, big_endian(0x80000000) + big_endian(0x80000000) + big_endian(4));
  more.replace(4, 4, big_endian(21));
  const std::string file = train_images, at = file + ": ";
  check({
      mnist("empty", file, "", at + "ends after 0 bytes; an IDX header has 16"),
      mnist("half a header", file, images.substr(0, 15), at + "ends after 15 bytes; an IDX header has 16"),
      mnist("wrong magic", file, images_for_labels, at + "offset 0: magic 0x00000801, expected 0x00000803"),
      mnist("another format", train_labels, "\x89PNG\r\n\x1a\n",
            std::string(train_labels) + ": offset 0: magic 0x89504e47, expected 0x00000801"),
      mnist("cut short", file, cut(images, 1), at + "offset 16: 119 bytes follow the header, but it promises 120"),
      mnist("too long", file, images + "x", at + "offset 16: 121 bytes follow the header, but it promises 120"),
      mnist("promises more", file, more, at + "offset 16: 120 bytes follow the header, but it promises 126"),
      mnist("promises 2^96", file, huge, at + "offset 16: 120 bytes follow the header, but it promises far more"),
      mnist("promises 2^64", file, wrapping, at + "offset 16: 120 bytes follow the header, but it promises far more"),
      mnist("no images", file, idx_images(0, 2, 3), at + "offset 4: holds nothing"),
      mnist("images of nothing", file, idx_images(20, 0, 3), at + "offset 4: holds nothing"),
      mnist("label 10", train_labels, bad_label,
            std::string(train_labels) + ": offset 15: label 10 of sample 7, expected 0..9"),
      mnist("fewer labels than images", train_labels, idx_labels(19),
            std::string(train_labels) + ": 19 labels for 20 images"),
      mnist("test images of another size", test_images, idx_images(10, 3, 3),
            std::string(test_images) + ": images of 3x3x1, but the training images are 2x3x1"),
  });
}

TEST_CASE("gzip files that are torn are errors", "[program][bad]") {
  const std::string whole = gzipped(idx_images(20, 2, 3)), file = std::string(train_images) + ".gz", at = file + ": ";
  std::string damaged = whole, checksum = whole;
  damaged[12] = static_cast<char>(~damaged[12]);
  checksum[whole.size() - 6] = static_cast<char>(~checksum[whole.size() - 6]);
  check({
      mnist("empty", file, "", at + "ends after 0 bytes; an IDX header has 16"),
      mnist("half a gzip header", file, whole.substr(0, 5), at + "ends too early (gzip, after 0 bytes unpacked)"),
      mnist("without its checksum", file, cut(whole, 8), at + "ends too early (gzip, after 136 bytes unpacked)"),
      mnist("damaged", file, damaged, at + "damaged gzip after 0 bytes unpacked"),
      mnist("wrong checksum", file, checksum, at + "damaged gzip after 0 bytes unpacked"),
      mnist("too little inside", file, gzipped("abc"), at + "ends after 3 bytes; an IDX header has 16"),
  });
}

TEST_CASE("CIFAR files that are torn or lie are errors with the offset", "[program][bad]") {
  const std::string record = cifar_record("\x03");
  check({
      cifar10("torn", "data_batch_3.bin", record + record.substr(0, 100),
              "offset 3073: a record of 3073 bytes begins here, but only 100 bytes follow"),
      cifar10("another format", "test_batch.bin", "abc",
              "offset 0: a record of 3073 bytes begins here, but only 3 bytes follow"),
      cifar10("empty", "test_batch.bin", "", "is empty, expected records of 3073 bytes"),
      cifar10("label 200", "data_batch_2.bin", record + cifar_record("\xc8"),
              "offset 3073: label 200 of record 1, expected 0..9"),
  });
}

TEST_CASE("data without permission to read it is an error", "[program][bad]") {
  if (::geteuid() == 0) {
    WARN("skipped: root may read everything");
    return;
  }
  const Scratch scratch;
  for (const auto& [name, text] : mnist_files("data/mnist")) scratch.write(name, text);
  scratch.write("bad.json", config("mnist"));
  std::filesystem::permissions(scratch.path(train_labels), std::filesystem::perms::none);
  const Said said = run({{BNLAB_PROGRAM, "run", "bad.json", "--quiet", "--out", "out"}, scratch.path()});
  CHECK(said.err == "bnlab: " + std::string(train_labels) + ": Permission denied\n");
  CHECK(said.code == 3);
}
