// All probes of a run as one observer: asks each when it is due, times it, writes probes/<name>.csv.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/files.h"
#include "probes/probe.h"

namespace bnlab {

template <class T>
class Suite : public Observer<T> {
 public:
  // directory: of the run; "" writes nothing (for timing)
  Suite(const std::vector<Choice>& choices, const Surroundings<T>& around, const std::string& directory);
  ~Suite() override;

  void at_state(const StateView<T>& view) override;
  void after_backward(const GradientView<T>& view) override;
  void after_update(const GradientView<T>& view) override;
  void at_end(const StateView<T>& view, bool diverged) override;

  void archive(Archive& archive);
  // {"distribution": {"looks", "milliseconds_per_look", "forwards", "backwards"}}
  Json costs() const;
  // {"distribution": {name: value}}
  Json summary() const;

 private:
  struct Entry;
  std::vector<std::unique_ptr<Entry>> entries_;
  int64_t last_;
};

}  // namespace bnlab
