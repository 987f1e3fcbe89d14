// report, plot: pictures of what is there.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "analysis/publication.h"
#include "cli/commands/commands.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "report/page.h"
#include "report/static.h"

namespace bnlab {
namespace {

namespace fs = std::filesystem;

// The figures of one folder of results: of its runs where they still are, else of what is kept.
Evidence evidence_of(const std::string& folder, const std::string& name, const std::string& out) {
  try {
    return collect({name}, out);
  } catch (const Error&) {
    return collect({folder}, out);
  }
}

constexpr uintmax_t largest_kept = 1 << 20;  // bytes of a picture: a network of hundreds of layers is for the page, not for a repository

// figures/<name>.svg and .csv in every folder with a verdict below results, then the page that shows them.
int make_gallery(const std::string& results, const std::string& out) {
  std::string why;
  if (!can_draw(why)) throw FileError(results, why);
  if (!is_directory(results)) throw FileError(results, "there is no such directory");
  std::vector<std::string> folders;
  for (const auto& entry : fs::recursive_directory_iterator(results)) {
    if (entry.path().filename() == "verdict.json" && is_file(entry.path().parent_path() / "manifest.json") &&
        is_file(entry.path().parent_path() / "runs.csv"))
      folders.push_back(entry.path().parent_path().string());
  }
  std::sort(folders.begin(), folders.end());
  for (const std::string& folder : folders) {
    Evidence evidence = evidence_of(folder, folder.substr(results.size() + 1), out);
    if (evidence.kept && is_directory(folder + "/figures") && !fs::is_empty(folder + "/figures")) {
      fmt::print("{}/figures: stay, the runs that they were made of are gone\n", folder);
      continue;
    }
    make_directories(folder + "/figures");
    for (const Figure& figure : draw(evidence)) {
      const std::string path = folder + "/figures/" + figure.name;
      write_figure(figure, "svg", path + ".svg");
      if (fs::file_size(path + ".svg") > largest_kept) {
        fs::remove(path + ".svg");
        fmt::print("{}.svg: larger than {}, not kept\n", path, bytes_text(static_cast<double>(largest_kept)));
        continue;
      }
      write_figure(figure, "csv", path + ".csv");
      fmt::print("{}.svg\n", path);
      std::fflush(stdout);
    }
  }
  write_results_table(results);
  fmt::print("{}/README.md\n", results);
  return 0;
}

}  // namespace

int report_command(const ReportArguments& arguments) {
  if (arguments.gallery) {
    if (arguments.what.size() > 1) throw UsageError("report: --gallery takes one directory of results");
    std::string results = arguments.what.empty() ? "results" : arguments.what[0];
    while (results.size() > 1 && results.back() == '/') results.pop_back();
    return make_gallery(results, arguments.out);
  }
  if (arguments.what.empty())
    throw UsageError("report: name a run, a directory of runs, an experiment, or a folder of results");
  Evidence evidence = collect(arguments.what, arguments.out, arguments.scale);
  const std::string html = page(evidence);
  write_atomically(arguments.file, html);
  fmt::print("{} ({})\n", arguments.file, bytes_text(static_cast<double>(html.size())));
  return 0;
}

int plot_command(const PlotArguments& arguments) {
  if (arguments.list) {
    std::vector<std::vector<std::string>> rows{{"figure", "shows", "needs"}};
    for (const Kind& kind : kinds_of_figures()) rows.push_back({kind.name, kind.title, kind.needs});
    fmt::print("{}", aligned(rows));
    return 0;
  }
  if (arguments.what.empty())
    throw UsageError(
        "plot: name a run, a directory of runs, an experiment, or a folder of results; --list shows the figures");
  Evidence evidence = collect(arguments.what, arguments.out, arguments.scale);
  const auto figures = draw(evidence, arguments.figure);
  if (figures.empty()) {
    const auto& kinds = kinds_of_figures();
    const auto at =
        std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) { return kind.name == arguments.figure; });
    throw FileError(join(arguments.what, " "),
                    at == kinds.end() ? "holds nothing that could be drawn"
                                      : fmt::format("holds nothing for '{}'; it needs {}", at->name, at->needs));
  }
  const bool to_file = !arguments.figure.empty() && !arguments.file.empty() && !is_directory(arguments.file);
  for (const Figure& figure : figures) {
    if (arguments.file == "-") {
      if (figures.size() > 1 || (arguments.format != "csv" && arguments.format != "json"))
        throw UsageError("plot: `-o -` needs --what and --format csv or json");
      fmt::print("{}", arguments.format == "csv"
                           ? to_csv(figure.rows)
                           : standalone(figure).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
      return 0;
    }
    const std::string path =
        to_file ? arguments.file
                : (arguments.file.empty() ? "" : arguments.file + "/") + figure.name + "." + arguments.format;
    if (!to_file && !arguments.file.empty()) make_directories(arguments.file);
    write_figure(figure, arguments.format, path);
    fmt::print("{}\n", path);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace bnlab
