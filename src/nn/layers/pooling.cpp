#include "nn/layers/pooling.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "tensor/kernels/strips.h"

namespace bnlab {
namespace {

Shape pooled(Shape in, Index h, Index w, Index stride, const Planner& planner) {
  if (in.h < h || in.w < w) throw ConfigError("model", fmt::format("{}: a window of {}x{} does not fit {}", planner.scope(), h, w, text(in)));
  return {in.n, (in.h - h) / stride + 1, (in.w - w) / stride + 1, in.c};
}

// body(sample, output row of the image) over all, in parallel over samples
template <class T, class Body>
void for_samples(const Pass<T>& pass, Index n, const Body& body) {
  const Pieces pieces(n, 1);
  pass.pool.run(pieces.pieces, [&](int k) {
    for (Index i = pieces.begin(k); i < pieces.end(k); ++i) body(i);
  });
}

constexpr Index strip = 16;

}  // namespace

template <class T>
Shape MaxPool<T>::plan(Shape in, Planner& planner) {
  return pooled(in, size_, size_, stride_, planner);
}

// body(entry of y, entry of x): the first largest of each window, as `sides` has it.
template <class T>
template <class Body>
void MaxPool<T>::for_largest(const Pass<T>& pass, View<const T> sides, Shape out, const Body& body) const {
  const Shape in = sides.shape;
  for_samples(pass, in.n, [&](Index i) {
    for (Index to = i * out.sample(); to < (i + 1) * out.sample(); ++to) {
      const Index c = to % out.c, ox = to / out.c % out.w, oy = to / out.c / out.w % out.h;
      const Index corner = ((i * in.h + oy * stride_) * in.w + ox * stride_) * in.c + c;
      Index largest = corner;
      for (Index k = 1; k < size_ * size_; ++k) {
        const Index at = corner + (k / size_ * in.w + k % size_) * in.c;
        if (sides[at] > sides[largest]) largest = at;
      }
      body(to, largest);
    }
  });
}

template <class T>
void MaxPool<T>::forward(const Pass<T>& pass, View<const T> x, View<T> y) const {
  if (pass.pattern_input) return for_largest(pass, pass.pattern_input, y.shape, [&](Index to, Index from) { y[to] = x[from]; });
  const Shape in = x.shape, out = y.shape;
  for_samples(pass, in.n, [&](Index i) {
    for (Index oy = 0; oy < out.h; ++oy) {
      for (Index ox = 0; ox < out.w; ++ox) {
        T* to = y.data + ((i * out.h + oy) * out.w + ox) * in.c;
        for (Index ky = 0; ky < size_; ++ky) {
          for (Index kx = 0; kx < size_; ++kx) {
            const T* from = x.data + ((i * in.h + oy * stride_ + ky) * in.w + ox * stride_ + kx) * in.c;
            if (ky + kx == 0) {
              std::copy_n(from, in.c, to);
            } else {
              for (Index c = 0; c < in.c; ++c) to[c] = from[c] > to[c] || from[c] != from[c] ? from[c] : to[c];
            }
          }
        }
      }
    }
  });
}

// The gradient goes to the first place of a window that holds the maximum. Windows that do not overlap write, others add.
template <class T>
void MaxPool<T>::backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const {
  if (!dx) return;
  const Shape in = x.shape, out = y.shape;
  const bool apart = size_ == stride_;
  if (pass.pattern_input) {
    std::fill_n(dx.data, dx.size(), T(0));
    return for_largest(pass, pass.pattern_input, out, [&](Index to, Index from) { dx[from] += dy[to]; });
  }
  if (!apart || out.h * size_ != in.h || out.w * size_ != in.w) {
    for_ranges(pass.pool, dx.size(), [&](Index begin, Index end) { std::fill(dx.data + begin, dx.data + end, T(0)); });
  }
  for_samples(pass, in.n, [&](Index i) {
    for (Index oy = 0; oy < out.h; ++oy) {
      for (Index ox = 0; ox < out.w; ++ox) {
        const Index corner = ((i * in.h + oy * stride_) * in.w + ox * stride_) * in.c, to = ((i * out.h + oy) * out.w + ox) * in.c;
        for_strips<strip>(in.c, [&](Index first, auto width) {
          T left[strip];
          std::copy_n(dy.data + to + first, Index(width), left);
          const T* top = y.data + to + first;
          for (Index k = 0; k < size_ * size_; ++k) {
            const Index at = corner + (k / size_ * in.w + k % size_) * in.c + first;
            const T* value = x.data + at;
            T* __restrict down = dx.data + at;
            for (Index c = 0; c < width; ++c) {
              const bool here = value[c] == top[c];
              const T part = here ? left[c] : T(0);
              left[c] = here ? T(0) : left[c];
              down[c] = apart ? part : down[c] + part;
            }
          }
        });
      }
    }
  });
}

template <class T>
Shape AveragePool<T>::plan(Shape in, Planner& planner) {
  return pooled(in, height(in), width(in), stride_, planner);
}

template <class T>
void AveragePool<T>::forward(const Pass<T>& pass, View<const T> x, View<T> y) const {
  const Shape in = x.shape, out = y.shape;
  const Index h = height(in), w = width(in);
  const T share = T(1) / static_cast<T>(h * w);
  for_samples(pass, in.n, [&](Index i) {
    for (Index oy = 0; oy < out.h; ++oy) {
      for (Index ox = 0; ox < out.w; ++ox) {
        T* to = y.data + ((i * out.h + oy) * out.w + ox) * in.c;
        std::fill_n(to, in.c, T(0));
        for (Index ky = 0; ky < h; ++ky) {
          for (Index kx = 0; kx < w; ++kx) {
            const T* from = x.data + ((i * in.h + oy * stride_ + ky) * in.w + ox * stride_ + kx) * in.c;
            for (Index c = 0; c < in.c; ++c) to[c] += from[c];
          }
        }
        for (Index c = 0; c < in.c; ++c) to[c] *= share;
      }
    }
  });
}

template <class T>
void AveragePool<T>::backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const {
  if (!dx) return;
  const Shape in = x.shape, out = y.shape;
  const Index h = height(in), w = width(in);
  const T share = T(1) / static_cast<T>(h * w);
  for_samples(pass, in.n, [&](Index i) {
    std::fill_n(dx.data + i * in.sample(), in.sample(), T(0));
    for (Index oy = 0; oy < out.h; ++oy) {
      for (Index ox = 0; ox < out.w; ++ox) {
        const T* from = dy.data + ((i * out.h + oy) * out.w + ox) * in.c;
        for (Index ky = 0; ky < h; ++ky) {
          for (Index kx = 0; kx < w; ++kx) {
            T* to = dx.data + ((i * in.h + oy * stride_ + ky) * in.w + ox * stride_ + kx) * in.c;
            for (Index c = 0; c < in.c; ++c) to[c] += share * from[c];
          }
        }
      }
    }
  });
}

template <class T>
Shape PaddedIdentity<T>::plan(Shape in, Planner& planner) {
  if (channels_ < in.c) throw ConfigError("model", fmt::format("{}: cannot pad {} channels to {}", planner.scope(), in.c, channels_));
  return {in.n, (in.h - 1) / stride_ + 1, (in.w - 1) / stride_ + 1, channels_};
}

template <class T>
void PaddedIdentity<T>::forward(const Pass<T>& pass, View<const T> x, View<T> y) const {
  const Shape in = x.shape, out = y.shape;
  const Index front = (out.c - in.c) / 2;
  for_samples(pass, in.n, [&](Index i) {
    for (Index oy = 0; oy < out.h; ++oy) {
      for (Index ox = 0; ox < out.w; ++ox) {
        T* to = y.data + ((i * out.h + oy) * out.w + ox) * out.c;
        std::fill_n(to, out.c, T(0));
        std::copy_n(x.data + ((i * in.h + oy * stride_) * in.w + ox * stride_) * in.c, in.c, to + front);
      }
    }
  });
}

template <class T>
void PaddedIdentity<T>::backward(const Pass<T>& pass, View<const T> x, View<const T> y, View<const T> dy, View<T> dx) const {
  if (!dx) return;
  const Shape in = x.shape, out = y.shape;
  const Index front = (out.c - in.c) / 2;
  for_samples(pass, in.n, [&](Index i) {
    std::fill_n(dx.data + i * in.sample(), in.sample(), T(0));
    for (Index oy = 0; oy < out.h; ++oy) {
      for (Index ox = 0; ox < out.w; ++ox) {
        const T* from = dy.data + ((i * out.h + oy) * out.w + ox) * out.c + front;
        std::copy_n(from, in.c, dx.data + ((i * in.h + oy * stride_) * in.w + ox * stride_) * in.c);
      }
    }
  });
}

template class MaxPool<float>;
template class MaxPool<double>;
template class AveragePool<float>;
template class AveragePool<double>;
template class PaddedIdentity<float>;
template class PaddedIdentity<double>;

}  // namespace bnlab
