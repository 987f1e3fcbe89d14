// Worker processes on this machine: each is given one run after the other over a pipe, so that a short run pays neither
// for a process nor for loading data; one that dies loses the run it was at, and another takes its place.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <nlohmann/json.hpp>

#include "core/document.h"
#include "core/error.h"
#include "experiment/launchers/launcher.h"

namespace bnlab {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double short_run = 0.5;                 // seconds
constexpr size_t fits_a_pipe = 1 << 15;           // bytes that nobody need read for the writer to go on

class Worker {
 public:
  explicit Worker(const LaunchOptions& options) {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw FileError("pipe", std::strerror(errno));
    const std::string log = options.directory + "/workers.log", threads = std::to_string(options.threads);
    const std::vector<std::string> words{options.program, "worker", "--out", options.out, "--threads", threads};
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    const int error = ::posix_spawn(&pid_, options.program.c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]), ::close(out[1]);
    to_ = in[1], from_ = out[0];
    if (error != 0) throw FileError(options.program, std::string("cannot start: ") + std::strerror(error));
  }
  ~Worker() {
    if (to_ >= 0) ::close(to_);
    ::close(from_);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  bool busy() const { return !jobs_.empty(); }
  size_t given() const { return jobs_.size(); }
  const Job& job() const { return *jobs_.front(); }
  int from() const { return from_; }
  double running() const { return std::chrono::duration<double>(Clock::now() - begun_).count(); }
  double last() const { return last_; }  // how long the run before took
  void give(const Job& job, const std::string& line) {
    if (!busy()) begun_ = Clock::now();
    jobs_.push_back(&job);
    for (size_t done = 0; done < line.size();) {
      const ssize_t wrote = ::write(to_, line.data() + done, line.size() - done);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) break;  // it has died: reading will say so
      done += static_cast<size_t>(wrote);
    }
  }
  void no_more() {
    if (to_ >= 0) ::close(to_);
    to_ = -1;
  }
  void signal(int number) const { ::kill(pid_, number); }
  void time_out() {
    timed_out_ = true;
    signal(SIGKILL);
  }

  // Reads what is there; answer() says what came of it.
  void receive() {
    char block[1 << 14];
    const ssize_t got = ::read(from_, block, sizeof block);
    if (got > 0) buffer_.append(block, static_cast<size_t>(got));
    if (got > 0 || (got < 0 && errno == EINTR)) return;
    ::waitpid(pid_, &status_, 0);
    pid_ = -1;
    dead_ = true;
  }
  // The next answer, or how it died on the run it was at; nothing while the line is not whole.
  bool answer(Ended& ended, bool stopping) {
    if (!busy()) return false;
    const size_t end = buffer_.find('\n');
    if (end != std::string::npos) {
      const Json said = Json::parse(buffer_.substr(0, end), nullptr, false);
      buffer_.erase(0, end + 1);
      ended = {job().id, "failed", "the worker said something else than an answer", "", running()};
      if (said.is_object()) ended.outcome = said.value("outcome", "failed"), ended.why = said.value("why", ""), ended.dir = said.value("dir", "");
      last_ = running(), begun_ = Clock::now();
      jobs_.pop_front();
      return true;
    }
    if (!dead_ || told_ || has_obeyed(stopping)) return false;
    told_ = true;  // of what it had been given ahead it has not died
    const std::string how = timed_out_ ? fmt::format("took longer than the timeout, {:.0f} s", running())
                            : WIFSIGNALED(status_) ? fmt::format("the process was ended by signal {} ({})", WTERMSIG(status_), strsignal(WTERMSIG(status_)))
                                                   : fmt::format("the process left with exit code {}", WEXITSTATUS(status_));
    ended = {job().id, "failed", how, "", running()};
    jobs_.pop_front();
    return true;
  }
  bool dead() const { return dead_; }
  // Of one that is dead: what it had been given and never began.
  const std::deque<const Job*>& left() const { return jobs_; }

 private:
  // A worker that is told to stop answers for the run it is at and leaves; one that has hardly started just ends.
  bool has_obeyed(bool stopping) const {
    if (timed_out_) return false;
    if (WIFSIGNALED(status_)) return stopping && (WTERMSIG(status_) == SIGINT || WTERMSIG(status_) == SIGTERM);
    return last_ > 0 && WEXITSTATUS(status_) == 0;
  }

  pid_t pid_ = -1;
  int to_ = -1, from_ = -1, status_ = 0;
  std::deque<const Job*> jobs_;  // the first is under way
  Clock::time_point begun_;
  double last_ = 0;
  std::string buffer_;
  bool dead_ = false, told_ = false, timed_out_ = false;
};

class Local : public Launcher {
 public:
  explicit Local(LaunchOptions options) : options_(std::move(options)) {}
  std::vector<AtWork> at_work() const override {
    std::vector<AtWork> out;
    for (const auto& worker : workers_) {
      if (worker && worker->busy()) out.push_back({worker->job().id, worker->running()});
    }
    return out;
  }

  void run(const std::vector<Job>& jobs, const std::function<void(const Ended&)>& ended, const std::function<void()>& look, const std::atomic<bool>& stop) override {
    ::signal(SIGPIPE, SIG_IGN);
    std::deque<const Job*> waiting;
    for (const Job& job : jobs) waiting.push_back(&job);
    std::string line;  // of the next job, made while the others are at work
    auto prepare = [&] {
      if (line.empty() && !waiting.empty()) line = waiting.front()->line() + "\n";
    };
    auto give = [&](Worker& worker) {
      prepare();
      worker.give(*waiting.front(), line);
      waiting.pop_front(), line.clear();
    };
    bool asked = false;
    workers_.resize(std::min(static_cast<size_t>(options_.jobs), jobs.size()));
    for (;;) {
      if (stop && !asked) {  // Ctrl-C reaches the workers by itself; a signal to this process alone does not
        for (auto& worker : workers_) {
          if (worker && worker->busy()) worker->signal(SIGTERM);
        }
        asked = true;
      }
      bool busy = false;
      for (auto& worker : workers_) {
        if (worker && worker->dead()) {
          waiting.insert(waiting.begin(), worker->left().begin(), worker->left().end());
          line.clear();
          worker.reset();
        }
        if (!stop && !waiting.empty() && !(worker && worker->busy())) {
          if (!worker) worker = std::make_unique<Worker>(options_);
          give(*worker);
        }
        busy |= worker && worker->busy();
      }
      if (!busy) break;
      for (auto& worker : workers_) {  // a worker of short runs does not wait for its next one; the last ones are shared out
        prepare();
        const bool ahead = worker && !worker->dead() && worker->given() == 1 && worker->last() > 0 && worker->last() < short_run;
        if (ahead && !stop && waiting.size() > workers_.size() && line.size() < fits_a_pipe) give(*worker);
      }
      look();
      std::vector<pollfd> files;
      for (auto& worker : workers_) files.push_back({worker ? worker->from() : -1, POLLIN, 0});
      ::poll(files.data(), files.size(), 200);
      for (size_t i = 0; i < workers_.size(); ++i) {
        if (!workers_[i]) continue;
        if (options_.timeout > 0 && workers_[i]->busy() && workers_[i]->running() > options_.timeout) workers_[i]->time_out();
        if (files[i].revents) workers_[i]->receive();
        for (Ended end; workers_[i]->answer(end, stop);) ended(end);
      }
    }
    for (auto& worker : workers_) {
      if (worker) worker->no_more();
    }
    workers_.clear();  // waits for them: the files of their last runs are on the disk
  }

 private:
  LaunchOptions options_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace

std::unique_ptr<Launcher> local_launcher(const LaunchOptions& options) { return std::make_unique<Local>(options); }

}  // namespace bnlab
