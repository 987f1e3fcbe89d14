#include <nlohmann/json.hpp>

#include "experiment/axes.h"
#include "experiment/experiment.h"
#include "fuzz/targets.h"

namespace bnlab::fuzz {
namespace {

constexpr size_t most_cells = 32;  // a hundred thousand cells are a wish, and take their time

bool plain_folder(const std::string& name) { return !name.empty() && name[0] != '.' && name.size() <= 120 && name.find('/') == std::string::npos && name.find('\0') == std::string::npos; }

}  // namespace

void config(Bytes bytes) {
  std::vector<std::string> parts{""};
  for (const char c : bytes) {
    if (c == '\xff') parts.emplace_back();
    else parts.back() += c;
  }
  const std::string path = as_file("config.json", parts[0]);
  const std::vector<std::string> sets(parts.begin() + 1, parts.end());
  refused_or_read([&] {
    const Document document = compose(path, sets);
    if (read_vary(document, {}).settings.size() > most_cells) return;
    if (document.find("tune") && document.find("tune")->dump().find("count") != std::string::npos) return;
    const Experiment experiment = read_experiment(path, sets);
    if (experiment.tuning && experiment.tuning->values.size() * experiment.tuning->seeds.size() > most_cells) return;
    for (const Cell& cell : every_cell(experiment)) {
      require(plain_folder(cell.config.name) && plain_folder(cell.arm) && cell.config.seed >= 0, "a run would lie outside of its folder");
      const RunConfig again = read_run_config(Document::parse(resolved(cell.config).dump(), "resolved"));
      require(identity(again) == identity(cell.config), "the resolved config is another run");
    }
  });
}

}  // namespace bnlab::fuzz
