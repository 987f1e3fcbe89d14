#include "experiment/board.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "core/text.h"

namespace bnlab {
namespace {

struct Size {
  size_t columns = 80, lines = 24;
};

Size terminal() {
  winsize found{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &found) != 0 || found.ws_col == 0 || found.ws_row == 0) return {};
  return {found.ws_col, found.ws_row};
}

// The first `most` characters of UTF-8.
std::string cut(const std::string& text, size_t most) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] & 0xC0) != 0x80 && count++ == most) return text.substr(0, i);
  }
  return text;
}

}  // namespace

Board::Board(ProgressMode mode, std::string name, size_t runs, size_t before, size_t failed_before)
    : mode_(mode), name_(std::move(name)), runs_(runs), before_(before), failed_before_(failed_before), begun_(Clock::now()) {
  if (mode_ == ProgressMode::automatic) mode_ = ::isatty(STDERR_FILENO) ? ProgressMode::tty : ProgressMode::plain;
  if (mode_ == ProgressMode::plain) drawn_ = begun_;
  if (mode_ != ProgressMode::none && before_ > 0) fmt::print(stderr, "{}: {} of {} runs are there already\n", name_, before_, runs_);
}

void Board::ended(const std::string& outcome) {
  completed_ += outcome == "completed", diverged_ += outcome == "diverged", failed_ += outcome == "failed";
  const auto now = Clock::now();
  if (mode_ != ProgressMode::plain || (gone() < runs_ && now - drawn_ < std::chrono::seconds(10))) return;
  std::string line = fmt::format("{}: {}/{} runs", name_, gone(), runs_);
  if (diverged_ > 0) line += fmt::format(", {} diverged", diverged_);
  if (failed_before_ + failed_ > 0) line += fmt::format(", {} failed", failed_before_ + failed_);
  fmt::print(stderr, "{}{}\n", line, pace());
  std::fflush(stderr);
  drawn_ = now;
}

// "  1,234 an hour  3 min 20 s left", once a run has ended.
std::string Board::pace() const {
  if (own() == 0) return "";
  const double seconds = std::chrono::duration<double>(Clock::now() - begun_).count(), each = seconds / static_cast<double>(own());
  std::string out = fmt::format("  {} an hour", grouped(static_cast<long long>(3600 / each)));
  if (gone() < runs_) out += fmt::format("  {} left", duration(static_cast<double>(runs_ - gone()) * each));
  return out;
}

std::vector<std::string> Board::table(const std::vector<Running>& running) const {
  constexpr size_t width = 24;
  std::string bar, states = fmt::format("{} completed", completed_);
  for (size_t i = 0; i < width; ++i) bar += i * runs_ < gone() * width ? "█" : "·";
  auto add = [&](size_t count, const char* what) {
    if (count > 0) states += fmt::format(", {} {}", count, what);
  };
  add(diverged_, "diverged"), add(failed_before_ + failed_, "failed"), add(running.size(), "running");
  add(runs_ - std::min(runs_, gone() + running.size()), "to go"), add(before_, "there before");
  std::vector<std::string> out{fmt::format("{} {}: {}/{} runs{}", bar, name_, gone(), runs_, pace()), states};
  for (const Running& run : running) out.push_back(fmt::format("{:>12}  {}", duration(run.seconds), run.label));
  return out;
}

void Board::look(const std::vector<Running>& running) {
  if (mode_ == ProgressMode::tty && Clock::now() - drawn_ >= std::chrono::milliseconds(100)) draw(running);
}

void Board::draw(const std::vector<Running>& running) {
  const Size size = terminal();
  std::vector<std::string> lines = table(running);
  const size_t most = std::max<size_t>(size.lines, 4) - 1;  // the cursor stands below
  if (lines.size() > most) {
    const size_t more = lines.size() - most + 1;
    lines.resize(most - 1);
    lines.push_back(fmt::format("{:>12}  and {} more", "", more));
  }
  std::string out = drawn_lines_ > 0 ? fmt::format("\r\033[{}A", drawn_lines_) : "";
  if (!said_.empty()) out += "\033[J" + said_;
  for (const auto& line : lines) out += cut(line, size.columns - 1) + "\033[K\n";
  out += "\033[J";  // what a longer table has left
  std::fwrite(out.data(), 1, out.size(), stderr);
  std::fflush(stderr);
  said_.clear();
  drawn_lines_ = lines.size(), drawn_ = Clock::now();
}

void Board::say(const std::string& line) {
  if (mode_ == ProgressMode::plain) fmt::print(stderr, "{}\n", line);
  if (mode_ == ProgressMode::tty) said_ += line + "\n";
}

void Board::end() {
  if (mode_ == ProgressMode::tty && (drawn_lines_ > 0 || own() > 0 || !said_.empty())) draw({});
  mode_ = ProgressMode::none;
}

}  // namespace bnlab
