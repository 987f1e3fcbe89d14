// mnist (LeCun et al. 1998): 60,000 + 10,000 handwritten digits, 28 x 28 x 1, 10 classes.
#include <map>

#include "data/sets/idx.h"
#include "data/sets/sets.h"

namespace bnlab {
namespace {

class Mnist : public DataSource {
 public:
  Dataset load(const std::string& directory) const override { return load_idx("mnist", find_folder(*this, directory)); }
  std::vector<std::string> files() const override { return idx_files(); }
  std::vector<std::string> folders() const override { return {"mnist", "MNIST/raw"}; }
  std::string how_to_get() const override {
    return "Put the four IDX files (train-images-idx3-ubyte.gz ...) in a folder mnist/ and set BNLAB_DATA_DIR to its parent";
  }
  std::string known_checksum(const std::string& file) const override {
    static const std::map<std::string, std::string> released{
        {"train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
        {"train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
        {"t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
        {"t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
    };
    const auto at = released.find(file);
    return at == released.end() ? "" : at->second;
  }
};

}  // namespace

std::unique_ptr<Component> make_mnist() { return std::make_unique<Mnist>(); }

}  // namespace bnlab
