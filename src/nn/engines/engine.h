// How convolutions are computed: three engines, chosen for each layer and pass by a rule of its shape alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nn/layer.h"
#include "tensor/kernels/conv.h"

namespace bnlab {

// What is asked for (engine.convolution of the config):
//   auto      what is fastest for the shape: winograd, direct or gemm
//   winograd  F(4x4, 3x3) where a layer allows it, elsewhere as auto; float only
//   direct    oneDNN's direct convolution for all of float
//   gemm      patches times weights
// Double is always gemm.
const std::vector<std::string>& convolution_engines();
bool has_direct_engine();          // was bnlab built with oneDNN?
std::string engines_description();  // which there are in this build, in words

// w: (out, kernel_h, kernel_w, in). Each pass takes up to as many samples as were planned for. One pass at a time.
template <class T>
class ConvEngine {
 public:
  virtual ~ConvEngine() = default;
  virtual const char* name() const = 0;
  virtual bool adds() const { return true; }  // can input_gradient() add?
  virtual void plan(const ConvGeometry& g, Index out, bool bias, Planner& planner) = 0;
  virtual bool takes_tail() const { return false; }
  virtual bool measures() const { return false; }  // does forward() leave pass.measures?
  // y = x * w (+ bias, where planned), with its tail
  virtual void forward(const Pass<T>& pass, const ConvGeometry& g, const T* x, const T* w, const T* bias, View<T> y, const Tail<T>& tail) const = 0;
  // dx (+)= what dy says of it
  virtual void input_gradient(const Pass<T>& pass, const ConvGeometry& g, View<const T> dy, const T* w, T* dx, bool add) const = 0;
  virtual void weight_gradient(const Pass<T>& pass, const ConvGeometry& g, const T* x, View<const T> dy, T* dw) const = 0;
};

// A ConfigError where `wish` cannot be had in this build.
template <class T>
std::unique_ptr<ConvEngine<T>> make_engine(const std::string& wish, const ConvGeometry& g, Index out);

// The engines themselves; `takes` says for which shapes.
template <class T>
std::unique_ptr<ConvEngine<T>> make_gemm_engine();
bool few_positions(const ConvGeometry& g);  // gemm takes them by pairs of positions
bool winograd_takes(const ConvGeometry& g, Index out);
std::unique_ptr<ConvEngine<float>> make_winograd_engine();
std::unique_ptr<ConvEngine<float>> make_direct_engine();
std::string direct_description();

}  // namespace bnlab
