#include "experiment/board.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "core/text.h"

namespace bnlab {

Board::Board(ProgressMode mode, std::string name, size_t runs, size_t before)
    : mode_(mode), name_(std::move(name)), runs_(runs), before_(before), begun_(Clock::now()), drawn_(begun_) {
  if (mode_ == ProgressMode::automatic) mode_ = ::isatty(STDERR_FILENO) ? ProgressMode::tty : ProgressMode::plain;
  if (mode_ != ProgressMode::none && before_ > 0) fmt::print(stderr, "{}: {} of {} runs are there already\n", name_, before_, runs_);
}

void Board::ended(const std::string& outcome, size_t at_work) {
  completed_ += outcome == "completed", diverged_ += outcome == "diverged", failed_ += outcome == "failed";
  at_work_ = at_work;
  const auto now = Clock::now();
  const bool last = before_ + completed_ + diverged_ + failed_ == runs_;
  if (mode_ == ProgressMode::none || (!last && std::chrono::duration<double>(now - drawn_).count() < (mode_ == ProgressMode::tty ? 0.1 : 10.0))) return;
  draw(now);
}

void Board::draw(Clock::time_point now) {
  const size_t own = completed_ + diverged_ + failed_, done = before_ + own;
  const double seconds = std::chrono::duration<double>(now - begun_).count(), hourly = 3600 * static_cast<double>(own) / seconds;
  std::string line = fmt::format("{}: {}/{} runs", name_, done, runs_);
  if (diverged_ > 0) line += fmt::format(", {} diverged", diverged_);
  if (failed_ > 0) line += fmt::format(", {} failed", failed_);
  line += fmt::format("  {} an hour", grouped(static_cast<long long>(hourly)));
  if (done < runs_) line += fmt::format("  {} left", duration(static_cast<double>(runs_ - done) / static_cast<double>(own) * seconds));
  if (mode_ == ProgressMode::tty) {
    constexpr size_t width = 24;
    std::string bar;
    for (size_t i = 0; i < width; ++i) bar += i * runs_ < done * width ? "█" : "·";
    fmt::print(stderr, "\r\033[K{} {}", bar, line);
    on_line_ = true;
  } else {
    fmt::print(stderr, "{}\n", line);
  }
  std::fflush(stderr);
  drawn_ = now;
}

void Board::say(const std::string& line) {
  if (mode_ == ProgressMode::none) return;
  end();
  fmt::print(stderr, "{}\n", line);
}

void Board::end() {
  if (on_line_) fmt::print(stderr, "\n");
  on_line_ = false;
}

}  // namespace bnlab
