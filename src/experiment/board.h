// What a person sees while a sweep runs, on stderr. On a terminal: how many runs are in which state, how fast it goes and a line
// for each run under way, redrawn in place; what failed scrolls away above. Elsewhere a plain line now and then.
#pragma once

#include <vector>

#include "experiment/progress.h"

namespace bnlab {

class Board {
 public:
  struct Running {
    std::string label;
    double seconds;  // so far
  };
  // Of `runs`, so many were finished and so many had failed when it began.
  Board(ProgressMode mode, std::string name, size_t runs, size_t before, size_t failed_before);
  ~Board() { end(); }
  void ended(const std::string& outcome);
  void look(const std::vector<Running>& running);  // cheap: redraws ten times a second at most
  void say(const std::string& line);
  void end();

 private:
  using Clock = std::chrono::steady_clock;
  size_t gone() const { return before_ + failed_before_ + own(); }
  size_t own() const { return completed_ + diverged_ + failed_; }
  std::string pace() const;
  std::vector<std::string> table(const std::vector<Running>& running) const;
  void draw(const std::vector<Running>& running);
  ProgressMode mode_;
  std::string name_, said_;  // above the table, with the next one
  size_t runs_, before_, failed_before_, completed_ = 0, diverged_ = 0, failed_ = 0, drawn_lines_ = 0;
  Clock::time_point begun_, drawn_;
};

}  // namespace bnlab
