#include "data/dataset.h"
#include "fuzz/targets.h"

namespace bnlab::fuzz {

void cifar(Bytes bytes) {
  for (const char* set : {"cifar10", "cifar100"}) {
    const auto source = make_as<DataSource>(datasets(), {set});
    const std::string folder = scratch().path(set);
    if (!std::filesystem::exists(folder)) {  // all files are one
      std::filesystem::create_directory(folder);
      for (const auto& file : source->files()) std::filesystem::create_symlink("../records.bin", folder + "/" + file);
    }
    as_file("records.bin", bytes);
    refused_or_read([&] {
      const Dataset data = source->load(folder);
      require(data.test.bytes.size() == static_cast<size_t>(data.test.size) * 3072 && data.test.labels.size() == static_cast<size_t>(data.test.size), "pixels are missing");
    });
  }
}

}  // namespace bnlab::fuzz
