// Lines over x in panels, one colour an arm, bands where there are several seeds: what most figures are.
#pragma once

#include "report/chart.h"

namespace bnlab {

class Lines {
 public:
  Lines(Evidence& evidence, std::string x, std::string y) : evidence_(evidence), x_(std::move(x)), y_(std::move(y)) {}
  void add(const std::string& panel, const std::string& arm, const std::vector<std::vector<Dot>>& seeds);
  void add_band(const std::string& panel, const std::string& arm, const std::vector<Spread>& band);  // drawn as it is
  // Dashed, thin: what a theory or a bound says.
  void reference(const std::string& panel, const std::string& arm, const std::string& what,
                 const std::vector<Dot>& line);
  bool empty() const { return series_.empty(); }
  struct Look {
    bool log_y = false, points = false, share_y = false;
  };
  // Rows (thinned) and spec. False where nothing was added.
  bool finish(Figure& figure, const Look& look) const;

 private:
  struct One {
    std::string panel, arm, line;  // line: "" or what a reference is
    std::vector<Spread> points;
  };
  Evidence& evidence_;
  std::string x_, y_;
  std::vector<One> series_;
};

}  // namespace bnlab
