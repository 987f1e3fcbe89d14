#include "core/environment.h"

#include <fmt/chrono.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <ctime>
#include <fstream>
#include <thread>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace bnlab {

// Asked once: the kernel takes a millisecond to answer.
std::string cpu_model() {
  static const std::string model = [] {
    std::ifstream file("/proc/cpuinfo");
    std::string line;
    while (std::getline(file, line)) {
      if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
    }
    return std::string("unknown");
  }();
  return model;
}

std::string host_name() {
  char name[256] = "unknown";
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string utc_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

int machine_threads() { return static_cast<int>(std::max(1u, std::thread::hardware_concurrency())); }

double machine_memory() { return static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGE_SIZE)); }

void flush_denormals(bool on) {
#if defined(__x86_64__)
  constexpr unsigned flush_to_zero = 0x8000, denormals_are_zero = 0x0040;
  const unsigned both = flush_to_zero | denormals_are_zero;
  _mm_setcsr(on ? _mm_getcsr() | both : _mm_getcsr() & ~both);
#else
  (void)on;
#endif
}

std::atomic<bool>& stop_requested() {
  static std::atomic<bool> stop{false};
  return stop;
}

void end_with_parent() { ::prctl(PR_SET_PDEATHSIG, SIGTERM); }

namespace {

// The first one asks; a second one ends the process, but not within a second: the same wish comes to a worker from its process
// group and from its sweep, and from `timeout` twice.
void on_signal(int number) {
  static std::atomic<int64_t> first = 0;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t at = int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  int64_t none = 0;
  stop_requested() = true;
  if (first.compare_exchange_strong(none, at) || at - none < 1'000'000'000) return;
  ::signal(number, SIG_DFL);
  ::raise(number);
}

}  // namespace

void catch_signals() {
  stop_requested();
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGUSR1, &action, nullptr);  // a cluster's warning that time is up
}

}  // namespace bnlab
