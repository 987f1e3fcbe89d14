#include "probes/directions.h"

#include <cmath>

namespace bnlab {

template <class T>
Vector<T> isotropic(const Plan& plan, uint64_t seed, const std::string& purpose, int64_t step) {
  Vector<T> z(static_cast<size_t>(plan.size(Region::parameters)), T(0));
  for (const auto& tensor : plan.parameters) {
    const Stream stream(seed, "probe/" + purpose + "/" + tensor.name);
    stream.fill_normal(static_cast<uint64_t>(step), z.data() + tensor.slot.offset, static_cast<size_t>(tensor.slot.shape.size()));
  }
  return z;
}

template <class T>
std::vector<double> tensor_norms(const Plan& plan, const Vector<T>& v) {
  std::vector<double> norms;
  for (const auto& tensor : plan.parameters) {
    double sum = 0;
    const T* values = v.data() + tensor.slot.offset;
    for (Index i = 0; i < tensor.slot.shape.size(); ++i) sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    norms.push_back(std::sqrt(sum));
  }
  return norms;
}

#define BNLAB_DIRECTIONS(T)                                                            \
  template Vector<T> isotropic(const Plan&, uint64_t, const std::string&, int64_t); \
  template std::vector<double> tensor_norms(const Plan&, const Vector<T>&);
BNLAB_DIRECTIONS(float)
BNLAB_DIRECTIONS(double)

}  // namespace bnlab
