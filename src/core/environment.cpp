#include "core/environment.h"

#include <fmt/chrono.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
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

void catch_signals() {
  stop_requested();
  struct sigaction action {};
  action.sa_handler = [](int) { stop_requested() = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGUSR1, &action, nullptr);  // a cluster's warning that time is up
}

}  // namespace bnlab
