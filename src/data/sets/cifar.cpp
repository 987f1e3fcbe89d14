// cifar10, cifar100 (Krizhevsky 2009), binary version: records of 1 (cifar100: 2, coarse then fine) label bytes and
// 3 x 32 x 32 bytes, planes R, G, B. Turned channels-last on reading.
#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "data/sets/sets.h"

namespace bnlab {
namespace {

constexpr size_t plane = 32 * 32, pixels = 3 * plane;

class Cifar : public DataSource {
 public:
  Cifar(std::string name, std::string folder, int32_t classes, size_t label_bytes, std::vector<std::string> train, std::string test)
      : name_(std::move(name)), folder_(std::move(folder)), classes_(classes), label_bytes_(label_bytes), train_(std::move(train)), test_(std::move(test)) {}

  Dataset load(const std::string& directory) const override {
    const std::string folder = find_folder(*this, directory);
    Dataset data;
    data.name = name_;
    data.sample = {1, 32, 32, 3};
    data.outputs = classes_;
    data.source = folder;
    std::string digests;
    for (const auto& file : train_) append(there(folder, file), data.train, digests);
    append(there(folder, test_), data.test, digests);
    data.sha256 = sha256(digests);
    if (!original(data)) data.caution = "not the original release; such files may be re-encoded (JPEG) or reordered copies";
    return data;
  }
  std::vector<std::string> files() const override {
    auto all = train_;
    all.push_back(test_);
    return all;
  }
  std::vector<std::string> folders() const override { return {folder_, "."}; }
  std::string how_to_get() const override {
    return fmt::format("Unpack the binary version of {} and set BNLAB_DATA_DIR to the folder that holds {}/", name_, folder_);
  }

 private:
  // The release begins with a frog, 59 43 50 in its first red pixels (cifar10), or with a cow (cifar100).
  bool original(const Dataset& data) const {
    const auto& split = data.train;
    if (label_bytes_ == 2) return split.labels[0] == 19;
    return split.labels[0] == 6 && split.bytes[0] == 59 && split.bytes[3] == 43 && split.bytes[6] == 50;
  }
  static std::string there(const std::string& folder, const std::string& file) {
    const std::string plain = folder + "/" + file;
    return is_file(plain) ? plain : plain + ".gz";
  }

  void append(const std::string& path, Split& split, std::string& digests) const {
    const auto bytes = read_bytes(path);
    const size_t record = label_bytes_ + pixels;
    if (bytes.empty()) throw DataError(path, fmt::format("is empty, expected records of {} bytes", record));
    if (bytes.size() % record != 0) {
      const size_t torn = bytes.size() / record * record;
      throw DataError(path, fmt::format("offset {}: a record of {} bytes begins here, but only {} bytes follow", torn,
                                        record, bytes.size() - torn));
    }
    digests += sha256(bytes);
    const size_t before = split.bytes.size(), count = bytes.size() / record;
    split.bytes.resize(before + count * pixels);
    for (size_t i = 0; i < count; ++i) {
      const uint8_t* in = bytes.data() + i * record;
      const int32_t label = in[label_bytes_ - 1];
      if (label >= classes_) {
        throw DataError(path, fmt::format("offset {}: label {} of record {}, expected 0..{}", i * record + label_bytes_ - 1, label, i, classes_ - 1));
      }
      split.labels.push_back(label);
      uint8_t* out = split.bytes.data() + before + i * pixels;
      for (size_t p = 0; p < plane; ++p) {
        for (size_t c = 0; c < 3; ++c) out[3 * p + c] = in[label_bytes_ + c * plane + p];
      }
    }
    split.size += static_cast<Index>(count);
  }

  std::string name_, folder_;
  int32_t classes_;
  size_t label_bytes_;
  std::vector<std::string> train_;
  std::string test_;
};

}  // namespace

std::unique_ptr<Component> make_cifar10() {
  return std::make_unique<Cifar>("cifar10", "cifar-10-batches-bin", 10, 1,
                                 std::vector<std::string>{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
                                 "test_batch.bin");
}

std::unique_ptr<Component> make_cifar100() {
  return std::make_unique<Cifar>("cifar100", "cifar-100-binary", 100, 2, std::vector<std::string>{"train.bin"}, "test.bin");
}

}  // namespace bnlab
