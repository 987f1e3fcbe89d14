// What a person sees while a sweep runs: a live line on a terminal, a plain one now and then elsewhere. On stderr.
#pragma once

#include "experiment/progress.h"

namespace bnlab {

class Board {
 public:
  Board(ProgressMode mode, std::string name, size_t runs, size_t before);
  void ended(const std::string& outcome, size_t at_work);
  void say(const std::string& line);
  void end();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(Clock::time_point now);
  ProgressMode mode_;
  std::string name_;
  size_t runs_, before_, completed_ = 0, diverged_ = 0, failed_ = 0, at_work_ = 0;
  Clock::time_point begun_, drawn_;
  bool on_line_ = false;
};

}  // namespace bnlab
