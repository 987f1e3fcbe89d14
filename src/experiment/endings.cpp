#include "experiment/endings.h"

#include <chrono>
#include <exception>
#include <utility>

#include "core/files.h"

namespace bnlab {
namespace {

constexpr size_t most = 64;
constexpr std::chrono::milliseconds pause(200);

}  // namespace

Endings::Endings() : thread_([this] { serve(); }) {}

Endings::~Endings() {
  {
    const std::lock_guard lock(mutex_);
    last_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Endings::add(Ending ending) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.size() < most; });
  waiting_.push_back(std::move(ending));
  changed_.notify_all();
}

void Endings::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return last_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    changed_.wait_for(lock, pause, [&] { return last_ || waiting_.size() == most; });
    const std::vector<Ending> all = std::exchange(waiting_, {});
    lock.unlock();
    changed_.notify_all();
    std::string why;
    try {
      std::vector<std::string> directories;
      for (const Ending& one : all) directories.push_back(one.directory);
      settle(directories);
    } catch (const std::exception& error) {
      why = error.what();
    }
    for (const Ending& one : all) {
      try {
        why.empty() ? one.completed() : one.failed(why);
      } catch (const std::exception& error) {
        one.failed(error.what());
      }
    }
    lock.lock();
  }
}

}  // namespace bnlab
