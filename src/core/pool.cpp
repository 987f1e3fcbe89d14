#include "core/pool.h"

#include <algorithm>
#include <cassert>

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
  for (int rank = 1; rank < threads; ++rank) workers_.emplace_back([this] { serve(); });
}

Pool::~Pool() {
  leave_ = true;
  generation_.fetch_add(1);
  generation_.notify_all();
  for (auto& worker : workers_) worker.join();
}

void Pool::take_pieces() {
  uint64_t state = state_.load(std::memory_order_acquire);
  while ((state & 0xffff) < (state >> 16 & 0xffff)) {
    if (!state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel)) continue;
    job_.call(job_.work, static_cast<int>(state & 0xffff));  // the job cannot end before this piece has
    done_.fetch_add(1, std::memory_order_release);
    state = state_.load(std::memory_order_acquire);
  }
}

void Pool::start(Job job) {
  assert(job.pieces < 1 << 16);
  job_ = job;
  done_.store(0, std::memory_order_relaxed);
  const uint32_t now = generation_.load(std::memory_order_relaxed) + 1;
  state_.store(static_cast<uint64_t>(now) << 32 | static_cast<uint64_t>(job.pieces) << 16, std::memory_order_release);
  generation_.store(now);  // sequentially consistent against a worker that is falling asleep
  generation_.notify_all();
  take_pieces();
  for (int spin = 0; done_.load(std::memory_order_acquire) < job.pieces; ++spin) {
    if (spin < spins) {
      pause();
    } else {
      std::this_thread::yield();
    }
  }
}

void Pool::serve() {
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
    take_pieces();
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
