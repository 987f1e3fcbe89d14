// direct: oneDNN's direct convolution, channels-last.
//
// oneDNN's own threads are not used: the samples are cut into shares by a rule of the shape alone and each share is a call
// on one of our threads, so results do not depend on the number of threads. Primitives are made when the network is
// planned, for the numbers of samples that occur then, and for single samples, which make up any other number.
#include "nn/engines/engine.h"

#ifndef BNLAB_ONEDNN

namespace bnlab {

bool has_direct_engine() { return false; }
std::unique_ptr<ConvEngine<float>> make_direct_engine() { return nullptr; }
std::string direct_description() { return ""; }

}  // namespace bnlab

#else

#include <omp.h>

#include <algorithm>
#include <array>
#include <dnnl.hpp>
#include <map>

namespace bnlab {
namespace {

using dnnl::memory;
using Format = memory::format_tag;

enum Kind { to_output, to_input, to_weights };
constexpr int kinds = 3, most_shares = 8;

dnnl::engine& processor() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

Index floats(const memory::desc& d) { return static_cast<Index>((d.get_size() + 63) / 64 * 16); }
memory unbound(const memory::desc& d) { return memory(d, processor(), DNNL_MEMORY_NONE); }

// A convolution of a fixed number of samples. Each share has arguments of its own, which are told where the data lies.
struct Call {
  enum { image, weights, map, bias, scratchpad, count };
  dnnl::primitive primitive;
  std::array<memory::desc, count> descs;
  std::array<int, count> names;  // DNNL_ARG_...
  std::vector<std::array<memory, count>> arguments;

  void operator()(dnnl::stream& stream, int share, const std::array<const float*, count>& where) const {
    const auto& mine = arguments[static_cast<size_t>(share)];
    dnnl_exec_arg_t list[count];
    int used = 0;
    for (size_t i = 0; i < count; ++i) {
      if (names[i] == 0) continue;
      mine[i].set_data_handle(const_cast<float*>(where[i]));
      list[used++] = {names[i], mine[i].get()};
    }
    dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive.get(), stream.get(), used, list), "convolution");
  }
};

class DirectEngine : public ConvEngine<float> {
 public:
  const char* name() const override { return "direct"; }
  bool adds() const override { return false; }

  void plan(const ConvGeometry& g, Index out, bool bias, Planner& planner) override {
    omp_set_num_threads(1);
    out_ = out;
    weights_ = g.patch() * out;
    shares_[to_output] = shares_[to_input] = most_shares;
    shares_[to_weights] = weights_ > 1 << 18 ? 2 : most_shares;  // large gradients cost more to sum than shares bring
    const memory::desc plain({out, g.in.c, g.kernel_h, g.kernel_w}, memory::data_type::f32, Format::ohwi);
    plain_ = unbound(plain);
    Index pad = 0;
    for (const Kind kind : {to_output, to_input, to_weights}) {
      const Index each = (g.in.n + shares_[kind] - 1) / shares_[kind];
      for (const Index samples : {each, g.in.n - (g.in.n - 1) / each * each, Index{1}}) {
        pad = std::max(pad, floats(make(kind, g, samples, bias).descs[Call::scratchpad]));
      }
      inner_[kind] = unbound(calls_[kind].rbegin()->second.descs[Call::weights]);
      reorders_[kind] = kind == to_weights ? dnnl::reorder(inner_[kind], plain_) : dnnl::reorder(plain_, inner_[kind]);
      inner_size_ = std::max(inner_size_, floats(inner_[kind].get_desc()));
    }
    inner_weights_ = planner.scratch({1, 1, 1, inner_size_});
    sums_ = planner.scratch({1, 2, shares_[to_weights], inner_size_});
    scratchpads_ = planner.scratch({1, 1, most_shares, pad});
    pad_ = pad;
  }

  void forward(const Pass<float>& pass, const ConvGeometry& g, const float* x, const float* w, const float* bias, View<float> y, const Tail<float>&) const override {
    const float* inner = to_inner(to_output, w, pass.ws[inner_weights_].data);
    for_shares(pass, to_output, g, [&](const Call& call, dnnl::stream& stream, int share, Index sample, const float* scratchpad) {
      call(stream, share, {x + sample * g.in.sample(), inner, y.data + sample * g.positions() * out_, bias, scratchpad});
    });
  }

  void input_gradient(const Pass<float>& pass, const ConvGeometry& g, View<const float> dy, const float* w, float* dx, bool) const override {
    const float* inner = to_inner(to_input, w, pass.ws[inner_weights_].data);
    for_shares(pass, to_input, g, [&](const Call& call, dnnl::stream& stream, int share, Index sample, const float* scratchpad) {
      call(stream, share, {dx + sample * g.in.sample(), inner, dy.data + sample * g.positions() * out_, nullptr, scratchpad});
    });
  }

  void weight_gradient(const Pass<float>& pass, const ConvGeometry& g, const float* x, View<const float> dy, float* dw) const override {
    float* sums = pass.ws[sums_].data;
    bool used[most_shares] = {};
    for_shares(pass, to_weights, g, [&](const Call& call, dnnl::stream& stream, int share, Index sample, const float* scratchpad) {
      float *sum = sums + 2 * share * inner_size_, *more = sum + inner_size_;
      float* target = used[share] ? more : sum;
      call(stream, share, {x + sample * g.in.sample(), target, dy.data + sample * g.positions() * out_, nullptr, scratchpad});
      if (used[share]) {
        for (Index i = 0; i < inner_size_; ++i) sum[i] += more[i];
      }
      used[share] = true;
    });
    for (int share = 1; share < shares_[to_weights] && used[share]; ++share) {
      const float* more = sums + 2 * share * inner_size_;
      for (Index i = 0; i < inner_size_; ++i) sums[i] += more[i];
    }
    reorder(to_weights, sums, dw);
  }

 private:
  const Call& make(Kind kind, const ConvGeometry& g, Index samples, bool bias) {
    auto& calls = calls_[kind];
    if (const auto found = calls.find(samples); found != calls.end()) return found->second;
    using memory::data_type::f32;
    const memory::dims strides{g.stride, g.stride}, padding{g.pad, g.pad};
    // right padding such that the output has the size that is expected
    const memory::dims far{(g.out_h() - 1) * g.stride + g.kernel_h - g.in.h - g.pad, (g.out_w() - 1) * g.stride + g.kernel_w - g.in.w - g.pad};
    const memory::desc image({samples, g.in.c, g.in.h, g.in.w}, f32, Format::nhwc), map({samples, out_, g.out_h(), g.out_w()}, f32, Format::nhwc);
    // all numbers of samples share one inner layout of the weights
    const memory::desc weights = calls.empty() ? memory::desc({out_, g.in.c, g.kernel_h, g.kernel_w}, f32, Format::any) : calls.begin()->second.descs[Call::weights];
    const memory::desc offsets = bias ? memory::desc({out_}, f32, Format::x) : memory::desc();
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const auto direct = dnnl::algorithm::convolution_direct;
    using Forward = dnnl::convolution_forward;
    const Forward::desc wish = bias ? Forward::desc(dnnl::prop_kind::forward_training, direct, image, weights, offsets, map, strides, padding, far)
                                    : Forward::desc(dnnl::prop_kind::forward_training, direct, image, weights, map, strides, padding, far);
    Call call;
    if (kind == to_output) {
      const Forward::primitive_desc chosen(wish, attributes, processor());
      call.primitive = Forward(chosen);
      call.descs = {image, chosen.weights_desc(), map, offsets, chosen.scratchpad_desc()};
      call.names = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, bias ? DNNL_ARG_BIAS : 0, DNNL_ARG_SCRATCHPAD};
    } else {
      const memory::desc any({out_, g.in.c, g.kernel_h, g.kernel_w}, f32, Format::any);
      const Forward::primitive_desc hint({dnnl::prop_kind::forward_training, direct, image, any, map, strides, padding, far}, processor());
      if (kind == to_input) {
        using Backward = dnnl::convolution_backward_data;
        const Backward::primitive_desc chosen({direct, image, weights, map, strides, padding, far}, attributes, processor(), hint);
        call.primitive = Backward(chosen);
        call.descs = {image, chosen.weights_desc(), map, memory::desc(), chosen.scratchpad_desc()};
        call.names = {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST, 0, DNNL_ARG_SCRATCHPAD};
      } else {
        using Backward = dnnl::convolution_backward_weights;
        const Backward::primitive_desc chosen({direct, image, weights, map, strides, padding, far}, attributes, processor(), hint);
        call.primitive = Backward(chosen);
        call.descs = {image, chosen.diff_weights_desc(), map, memory::desc(), chosen.scratchpad_desc()};
        call.names = {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST, 0, DNNL_ARG_SCRATCHPAD};
      }
    }
    call.arguments.resize(static_cast<size_t>(shares_[kind]));
    for (auto& arguments : call.arguments) {
      for (size_t i = 0; i < Call::count; ++i) {
        if (call.names[i] != 0) arguments[i] = unbound(call.descs[i]);
      }
    }
    return calls.emplace(samples, std::move(call)).first->second;
  }

  // body(call, stream, share, first sample, scratchpad) until every sample has had its turn.
  template <class Body>
  void for_shares(const Pass<float>& pass, Kind kind, const ConvGeometry& g, const Body& body) const {
    const Index each = (g.in.n + shares_[kind] - 1) / shares_[kind];
    float* scratchpads = pass.ws[scratchpads_].data;
    pass.pool.run(static_cast<int>((g.in.n + each - 1) / each), [&](int share) {
      omp_set_num_threads(1);
      dnnl::stream& stream = streams_[static_cast<size_t>(share)];
      const Index end = std::min(g.in.n, (share + 1) * each);
      for (Index sample = share * each; sample < end;) {
        const auto fits = calls_[kind].find(end - sample);
        const auto& [samples, call] = fits != calls_[kind].end() ? *fits : *calls_[kind].begin();
        body(call, stream, share, sample, scratchpads + share * pad_);
        sample += samples;
      }
    });
  }

  void reorder(Kind kind, const float* from, float* to) const {
    const memory &source = kind == to_weights ? inner_[kind] : plain_, &target = kind == to_weights ? plain_ : inner_[kind];
    source.set_data_handle(const_cast<float*>(from));
    target.set_data_handle(to);
    const dnnl_exec_arg_t list[]{{DNNL_ARG_FROM, source.get()}, {DNNL_ARG_TO, target.get()}};
    omp_set_num_threads(1);
    dnnl::error::wrap_c_api(dnnl_primitive_execute(reorders_[kind].get(), streams_[0].get(), 2, list), "reorder");
  }
  const float* to_inner(Kind kind, const float* w, float* inner) const {
    reorder(kind, w, inner);
    return inner;
  }

  static std::vector<dnnl::stream> make_streams() {
    std::vector<dnnl::stream> streams;
    for (int i = 0; i < most_shares; ++i) streams.emplace_back(processor());
    return streams;
  }

  Index out_ = 0, weights_ = 0, inner_size_ = 0, pad_ = 0;
  Index shares_[kinds] = {};
  std::map<Index, Call> calls_[kinds];  // by the number of samples
  memory plain_, inner_[kinds];
  dnnl::reorder reorders_[kinds];
  mutable std::vector<dnnl::stream> streams_ = make_streams();
  Slot inner_weights_, sums_, scratchpads_;
};

}  // namespace

bool has_direct_engine() { return true; }
std::unique_ptr<ConvEngine<float>> make_direct_engine() { return std::make_unique<DirectEngine>(); }
std::string direct_description() {
  const dnnl_version_t* v = dnnl_version();
  return "direct (oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch) + ")";
}

}  // namespace bnlab

#endif
