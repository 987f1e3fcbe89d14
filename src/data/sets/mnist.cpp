// mnist (LeCun et al. 1998): 60,000 + 10,000 handwritten digits, 28 x 28 x 1, 10 classes.
#include "core/error.h"
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
};

}  // namespace

std::unique_ptr<Component> make_mnist() { return std::make_unique<Mnist>(); }

}  // namespace bnlab
