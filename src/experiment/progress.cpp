#include "experiment/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "core/text.h"

namespace bnlab {

Progress::Progress(ProgressMode mode) : mode_(mode) {
  if (mode_ == ProgressMode::automatic) mode_ = ::isatty(STDERR_FILENO) ? ProgressMode::tty : ProgressMode::plain;
}

void Progress::begin(const std::string& label, int64_t steps, int64_t batch_size) {
  label_ = label, steps_ = steps, batch_size_ = batch_size, drawn_step_ = 0, rate_ = 0;
  begun_ = drawn_ = Clock::now();
}

void Progress::at(int64_t step, double loss) {
  if (mode_ == ProgressMode::none || (step & 15) != 0) return;  // the clock is read now and then only
  const auto now = Clock::now();
  const double since = std::chrono::duration<double>(now - drawn_).count();
  if (since >= (mode_ == ProgressMode::tty ? 0.1 : 5.0)) draw(step, loss, now);
}

void Progress::draw(int64_t step, double loss, Clock::time_point now) {
  const double since = std::chrono::duration<double>(now - drawn_).count(), all = std::chrono::duration<double>(now - begun_).count();
  const double current = static_cast<double>((step - drawn_step_) * batch_size_) / since;
  rate_ = rate_ == 0 ? current : 0.7 * rate_ + 0.3 * current;
  const double share = static_cast<double>(step) / static_cast<double>(std::max<int64_t>(1, steps_));
  const double left = step > 0 ? all * (1 - share) / share : 0;
  const std::string tail = fmt::format("step {}/{}  loss {:.4g}  {} images/s  {} left", step, steps_, loss, grouped(static_cast<long long>(rate_)), duration(left));
  if (mode_ == ProgressMode::tty) {
    constexpr int width = 24;
    const int full = static_cast<int>(share * width);
    std::string bar;
    for (int i = 0; i < width; ++i) bar += i < full ? "█" : "·";
    fmt::print(stderr, "\r\033[K{} {} {:3.0f} %  {}", label_, bar, 100 * share, tail);
    on_line_ = true;
  } else {
    fmt::print(stderr, "{}: {}\n", label_, tail);
  }
  std::fflush(stderr);
  drawn_ = now, drawn_step_ = step;
}

void Progress::end() {
  if (on_line_) fmt::print(stderr, "\r\033[K");
  on_line_ = false;
}

void Progress::say(const std::string& line) {
  if (mode_ == ProgressMode::none) return;
  end();
  fmt::print(stderr, "{}\n", line);
}

}  // namespace bnlab
