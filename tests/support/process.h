// Runs a program as a person would, and keeps what it said.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace bnlab::testing {

struct Process {
  std::vector<std::string> command;           // the program and its arguments
  std::string directory = ".";                // where it is run
  std::vector<std::string> environment = {};  // "NAME=value", beside what is inherited
  int seconds = 120;                          // then it is killed
};

struct Said {
  int code = 0;  // 128 + n: ended by signal n, as shells say it; -1: not done in time
  std::string out, err;
};

// What it writes goes to files in memory: no pipe to fill up, and nothing on the disk that it could stumble over.
class Capture {
 public:
  Capture() : file_(::memfd_create("capture", MFD_CLOEXEC)) {
    if (file_ < 0) throw std::runtime_error("memfd_create failed");
  }
  ~Capture() { ::close(file_); }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  int file() const { return file_; }
  std::string text() const {
    std::string out;
    char block[4096];
    ::lseek(file_, 0, SEEK_SET);
    for (ssize_t got; (got = ::read(file_, block, sizeof block)) > 0;) out.append(block, static_cast<size_t>(got));
    return out;
  }

 private:
  int file_;
};

inline std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

// The tests' environment without BNLAB_*: what somebody has set for themselves must not decide a test.
inline std::vector<std::string> clean_environment(const std::vector<std::string>& more) {
  std::vector<std::string> out = more;
  for (char** at = environ; *at; ++at) {
    if (std::string(*at).rfind("BNLAB_", 0) != 0) out.emplace_back(*at);
  }
  return out;
}

inline int wait_for(pid_t child, int seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > end) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return -1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

inline Said run(const Process& process) {
  std::vector<std::string> command = process.command, environment = clean_environment(process.environment);
  const Capture out, err;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.file(), 1);
  posix_spawn_file_actions_adddup2(&actions, err.file(), 2);
  posix_spawn_file_actions_addchdir_np(&actions, process.directory.c_str());
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, command[0].c_str(), &actions, nullptr, pointers(command).data(),
                                   pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed) throw std::runtime_error("cannot start " + command[0]);
  Said said;
  said.code = wait_for(child, process.seconds);
  said.out = out.text(), said.err = err.text();
  return said;
}

}  // namespace bnlab::testing
