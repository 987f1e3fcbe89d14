// fashion_mnist (Xiao et al. 2017): 60,000 + 10,000 images of clothes, 28 x 28 x 1, 10 classes. Debian: dataset-fashion-mnist.
#include "core/error.h"
#include "data/sets/idx.h"
#include "data/sets/sets.h"

namespace bnlab {
namespace {

class FashionMnist : public DataSource {
 public:
  Dataset load(const std::string& directory) const override {
    return load_idx("fashion_mnist", find_folder(*this, directory));
  }
  std::vector<std::string> files() const override { return idx_files(); }
  std::vector<std::string> folders() const override { return {"fashion-mnist", "fashion_mnist"}; }
  std::string how_to_get() const override { return "Get it with: apt-get install dataset-fashion-mnist"; }
  std::string known_checksum(const std::string& file) const override {
    if (file == "train-images-idx3-ubyte.gz") return "b0564c3eedabfbf8";
    if (file == "train-labels-idx1-ubyte.gz") return "0ae29f65d86684f3";
    if (file == "t10k-images-idx3-ubyte.gz") return "cc1d090a38ace84d";
    if (file == "t10k-labels-idx1-ubyte.gz") return "8d3605d196f4be44";
    return "";
  }
};

}  // namespace

std::unique_ptr<Component> make_fashion_mnist() { return std::make_unique<FashionMnist>(); }

}  // namespace bnlab
