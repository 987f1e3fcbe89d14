// What a person sees while a run trains: a bar on a terminal, a plain line every few seconds elsewhere. On stderr.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace bnlab {

enum class ProgressMode { automatic, tty, plain, none };

class Progress {
 public:
  explicit Progress(ProgressMode mode);
  void begin(const std::string& label, int64_t steps, int64_t batch_size);
  void at(int64_t step, double loss);  // cheap: draws a few times a second only
  void end();
  // A line of its own, above the bar.
  void say(const std::string& line);
  double images_per_second() const { return rate_; }

 private:
  using Clock = std::chrono::steady_clock;
  void draw(int64_t step, double loss, Clock::time_point now);
  ProgressMode mode_;
  std::string label_;
  int64_t steps_ = 0, batch_size_ = 0, drawn_step_ = 0;
  Clock::time_point begun_, drawn_;
  double rate_ = 0;
  bool on_line_ = false;
};

}  // namespace bnlab
