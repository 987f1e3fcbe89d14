// Where one short run follows the other: what a run still has to do when it is trained is done while the next ones train,
// for some of them at a time, because the disk takes as long for one run's files as for those of twenty.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace bnlab {

struct Ending {
  std::string directory;
  std::function<void()> completed;                      // its files are on the disk
  std::function<void(const std::string& why)> failed;  // or they cannot get there
};

class Endings {
 public:
  Endings();
  ~Endings();  // when all are done
  void add(Ending ending);  // waits where many wait already: each keeps its lock open

 private:
  void serve();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Ending> waiting_;
  bool last_ = false;
  std::thread thread_;
};

}  // namespace bnlab
