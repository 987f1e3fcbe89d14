#include <fmt/format.h>

#include "core/error.h"
#include "nn/engines/engine.h"
#include "tensor/kernels/vector.h"

namespace bnlab {

const std::vector<std::string>& convolution_engines() {
  static const std::vector<std::string> names{"auto", "winograd", "direct", "gemm"};
  return names;
}

std::string engines_description() {
  return fmt::format("convolutions: winograd ({} numbers at a time), {}, gemm", lanes, has_direct_engine() ? direct_description() : "no direct (built without oneDNN)");
}

template <>
std::unique_ptr<ConvEngine<double>> make_engine(const std::string&, const ConvGeometry&, Index) {
  return make_gemm_engine<double>();
}

template <>
std::unique_ptr<ConvEngine<float>> make_engine(const std::string& wish, const ConvGeometry& g, Index out) {
  if (wish == "direct" && !has_direct_engine()) {
    throw ConfigError("engine.convolution", "this build has no oneDNN, so no engine 'direct'; use auto or gemm, or install libdnnl-dev and build again");
  }
  if (wish == "gemm") return make_gemm_engine<float>();
  if (wish == "direct") return make_direct_engine();
  if (winograd_takes(g, out)) return make_winograd_engine();
  if (!has_direct_engine() || few_positions(g)) return make_gemm_engine<float>();
  return make_direct_engine();
}

}  // namespace bnlab
