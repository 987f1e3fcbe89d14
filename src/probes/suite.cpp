#include "probes/suite.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/text.h"

namespace bnlab {
namespace {

class CsvRecords : public Records {
 public:
  explicit CsvRecords(const std::string& path) {
    if (!path.empty()) file_ = std::make_unique<CsvFile>(path, "step,epoch,layer,metric,bn_mode,at,value,note");
  }
  void at(int64_t step, double epoch) { prefix_ = fmt::format("{},{},", step, number(epoch)); }
  void row(const Row& row) override {
    ++rows_;
    if (!file_) return;
    const std::string at = std::isnan(row.at) ? "" : number(row.at);
    file_->line(fmt::format("{}{},{},{},{},{},{}", prefix_, row.layer, row.metric, row.bn_mode, at, number(row.value), csv_field(row.note)));
  }
  int64_t rows() const { return rows_; }
  void archive(Archive& archive) {
    if (file_) file_->archive(archive, "bytes");
  }
  void flush() {
    if (file_) file_->flush();
  }

 private:
  std::unique_ptr<CsvFile> file_;
  std::string prefix_;
  int64_t rows_ = 0;
};

}  // namespace

template <class T>
struct Suite<T>::Entry {
  std::string name;
  std::unique_ptr<Probe<T>> probe;
  CsvRecords records;
  int64_t looks = 0, last_look = -1;
  double seconds = 0;
  ProbeCost before;  // passes of a run that this one goes on with

  ProbeCost cost() const {
    const ProbeCost own = probe->cost();
    return {before.forwards + own.forwards, before.backwards + own.backwards};
  }

  Entry(const Choice& choice, const std::string& path) : name(choice.name), probe(make_as<Probe<T>>(probes<T>(), choice)), records(path) {}

  template <class View, class Look>
  void look(const View& view, const Look& what) {
    const auto begin = std::chrono::steady_clock::now();
    const int64_t had = records.rows();
    records.at(view.step, view.epoch);
    what();
    records.flush();
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (records.rows() == had || view.step == last_look) return;
    ++looks, last_look = view.step;
  }
};

template <class T>
Suite<T>::Suite(const std::vector<Choice>& choices, const Surroundings<T>& around, const std::string& directory) : last_(around.train.steps) {
  Surroundings<T> with_folder = around;
  if (!directory.empty()) with_folder.folder = directory + "/checkpoints";
  if (!directory.empty() && !choices.empty()) make_directories(directory + "/probes");
  for (const Choice& choice : choices) {
    entries_.push_back(std::make_unique<Entry>(choice, directory.empty() ? "" : directory + "/probes/" + choice.name + ".csv"));
    entries_.back()->probe->start(with_folder);
  }
}

template <class T>
Suite<T>::~Suite() = default;

template <class T>
void Suite<T>::at_state(const StateView<T>& view) {
  for (auto& entry : entries_) {
    if (entry->probe->due(view.step, last_)) entry->look(view, [&] { entry->probe->at_state(view, entry->records); });
  }
}

template <class T>
void Suite<T>::after_backward(const GradientView<T>& view) {
  for (auto& entry : entries_) {
    if (entry->probe->due(view.step, last_)) entry->look(view, [&] { entry->probe->after_backward(view, entry->records); });
  }
}

template <class T>
void Suite<T>::after_update(const GradientView<T>& view) {
  for (auto& entry : entries_) {
    if (entry->probe->due(view.step, last_)) entry->look(view, [&] { entry->probe->after_update(view, entry->records); });
  }
}

template <class T>
void Suite<T>::at_end(const StateView<T>& view, bool diverged) {
  for (auto& entry : entries_) {
    if (diverged) entry->look(view, [&] { entry->records.value("", "diverged", "", 1); });
  }
}

template <class T>
void Suite<T>::archive(Archive& archive) {
  for (auto& entry : entries_) {
    archive.scope(entry->name, [&] {
      archive.integer("looks", entry->looks), archive.integer("last_look", entry->last_look), archive.number("seconds", entry->seconds);
      ProbeCost cost = entry->cost();
      archive.integer("forwards", cost.forwards), archive.integer("backwards", cost.backwards);
      if (archive.reading()) entry->before = cost;
      entry->records.archive(archive);
      entry->probe->archive(archive);
    });
  }
}

template <class T>
Json Suite<T>::costs() const {
  Json out = Json::object();
  for (const auto& entry : entries_) {
    const ProbeCost cost = entry->cost();
    const double each = entry->looks ? 1e3 * entry->seconds / static_cast<double>(entry->looks) : 0;
    out[entry->name] = {{"looks", entry->looks}, {"milliseconds_per_look", each}, {"forwards", cost.forwards}, {"backwards", cost.backwards}};
  }
  return out;
}

template <class T>
Json Suite<T>::summary() const {
  Json out = Json::object();
  for (const auto& entry : entries_) {
    for (const auto& [name, value] : entry->probe->summary()) out[entry->name][name] = std::isfinite(value) ? Json(value) : Json(number(value));
  }
  return out;
}

template class Suite<float>;
template class Suite<double>;

}  // namespace bnlab
