// fashion_mnist (Xiao et al. 2017): 60,000 + 10,000 images of clothes, 28 x 28 x 1, 10 classes. Debian: dataset-fashion-mnist.
#include <map>

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
    static const std::map<std::string, std::string> released{
        {"train-images-idx3-ubyte", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
        {"train-labels-idx1-ubyte", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"},
        {"t10k-images-idx3-ubyte", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
        {"t10k-labels-idx1-ubyte", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"},
    };
    const auto at = released.find(file);
    return at == released.end() ? "" : at->second;
  }
};

}  // namespace

std::unique_ptr<Component> make_fashion_mnist() { return std::make_unique<FashionMnist>(); }

}  // namespace bnlab
