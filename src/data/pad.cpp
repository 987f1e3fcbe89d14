#include "data/pad.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace bnlab {
namespace {

struct Frame {
  Shape from, to;
  Index above() const { return (to.h - from.h) / 2; }
  Index left() const { return (to.w - from.w) / 2; }

  // `count` images, or arrays of their shape, of `in` inside a frame that `out` holds already.
  template <class Entry>
  void lay(const std::vector<Entry>& in, std::vector<Entry>& out, Index count) const {
    const Index row = from.w * from.c;
    for (Index i = 0; i < count; ++i) {
      for (Index y = 0; y < from.h; ++y) {
        const Index at = i * to.size() + ((y + above()) * to.w + left()) * to.c;
        std::copy_n(in.begin() + i * from.size() + y * row, row, out.begin() + at);
      }
    }
  }
};

}  // namespace

void pad_to(Dataset& data, Index side, const std::string& standardize) {
  const Frame frame{data.sample, {1, side, side, data.sample.c}};
  if (data.train.bytes.empty()) throw ConfigError("data.pad_to", data.name + " is no set of images");
  if (side < std::max(frame.from.h, frame.from.w)) {
    throw ConfigError("data.pad_to",
                      fmt::format("{} asked for, but the images of {} are {}", side, data.name, text(frame.from)));
  }
  for (Split* split : {&data.train, &data.validation, &data.test}) {
    std::vector<uint8_t> bytes(static_cast<size_t>(split->size * frame.to.size()), 0);
    frame.lay(split->bytes, bytes, split->size);
    split->bytes = std::move(bytes);
  }
  // per feature, the frame is the same in all images and carries nothing: 0. Else it is of its channel like any pixel.
  auto widen = [&](std::vector<float>& numbers) {
    std::vector<float> out(static_cast<size_t>(frame.to.size()), 0.0f);
    for (size_t k = 0; standardize != "per_feature" && k < out.size(); ++k)
      out[k] = numbers[k % static_cast<size_t>(frame.from.c)];
    frame.lay(numbers, out, 1);
    numbers = std::move(out);
  };
  widen(data.scale), widen(data.offset);
  data.sample = frame.to;
}

}  // namespace bnlab
