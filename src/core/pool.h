// A few threads that wait, spinning for a moment and then asleep, for work in numbered pieces.
//
// What a piece computes depends on its number only, never on the number of threads: results do not depend on
// --threads. With one thread everything runs in the caller.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace bnlab {

class Pool {
 public:
  explicit Pool(int threads = 1);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // work(i) for i in 0 .. pieces-1, each once; returns when all are done. Not reentrant.
  template <class Work>
  void run(int pieces, const Work& work) {
    if (pieces <= 1 || workers_.empty()) {
      for (int i = 0; i < pieces; ++i) work(i);
      return;
    }
    start({&work, [](const void* w, int i) { (*static_cast<const Work*>(w))(i); }, pieces});
  }

 private:
  struct Job {
    const void* work;
    void (*call)(const void*, int);
    int pieces;
  };
  void start(Job job);
  void serve();
  void take_pieces();

  std::vector<std::thread> workers_;
  Job job_{};
  // Which job (32 bits), how many pieces it has (16), how many are taken (16): a thread takes a piece by a compare and
  // exchange, so one that comes late finds nothing and disturbs nothing, and nobody waits for a thread that sleeps.
  alignas(64) std::atomic<uint64_t> state_{0};
  alignas(64) std::atomic<int> done_{0};
  alignas(64) std::atomic<uint32_t> generation_{0};  // what a sleeping worker waits on
  std::atomic<bool> leave_{false};
};

// Fixed pieces of `count` things, at least `least` each, at most 64 pieces; a rule of the sizes alone.
struct Pieces {
  std::ptrdiff_t count, each;
  int pieces;
  Pieces(std::ptrdiff_t n, std::ptrdiff_t least);
  std::ptrdiff_t begin(int i) const { return i * each; }
  std::ptrdiff_t end(int i) const { return i + 1 == pieces ? count : (i + 1) * each; }
};

}  // namespace bnlab
