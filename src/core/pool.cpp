#include "core/pool.h"

#include <algorithm>

namespace bnlab {
namespace {

constexpr int spins = 20000;  // some tens of microseconds; a training step comes back sooner

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

Pool::Pool(int threads) {
  for (int rank = 1; rank < threads; ++rank) workers_.emplace_back([this, rank] { serve(rank); });
}

Pool::~Pool() {
  leave_ = true;
  generation_.fetch_add(1);
  generation_.notify_all();
  for (auto& worker : workers_) worker.join();
}

void Pool::share(int rank) const {
  const int stride = threads();
  for (int i = rank; i < job_.pieces; i += stride) job_.call(job_.work, i);
}

void Pool::start(Job job) {
  job_ = job;
  busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
  generation_.fetch_add(1);  // sequentially consistent: publishes job_ and orders it against a worker falling asleep
  generation_.notify_all();
  share(0);
  for (int spin = 0; busy_.load(std::memory_order_acquire) > 0; ++spin) {
    if (spin < spins) {
      pause();
    } else {
      std::this_thread::yield();
    }
  }
}

void Pool::serve(int rank) {
  uint32_t seen = 0;
  while (true) {
    uint32_t now = generation_.load(std::memory_order_acquire);
    for (int spin = 0; now == seen && spin < spins; ++spin) {
      pause();
      now = generation_.load(std::memory_order_acquire);
    }
    if (now == seen) {
      generation_.wait(seen);
      continue;
    }
    seen = now;
    if (leave_) return;
    share(rank);
    busy_.fetch_sub(1, std::memory_order_release);
  }
}

Pieces::Pieces(std::ptrdiff_t n, std::ptrdiff_t least) : count(n), each(n), pieces(n > 0 ? 1 : 0) {
  const auto wanted = std::clamp<std::ptrdiff_t>(n / std::max<std::ptrdiff_t>(1, least), 1, 64);
  if (n > 0) {
    each = (n + wanted - 1) / wanted;
    pieces = static_cast<int>((n + each - 1) / each);
  }
}

}  // namespace bnlab
