#include "report/static.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "report/assets.h"

extern char** environ;

namespace bnlab {
namespace {

namespace fs = std::filesystem;

const char* const advice = "`scripts/setup plots` installs it; --format json and --format csv need no other program";

// Where the shell would find it, or "".
std::string program(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const auto& folder : split(path ? path : "", ':')) {
    if (::access((folder + "/" + name).c_str(), X_OK) == 0 && is_file(folder + "/" + name)) return folder + "/" + name;
  }
  return "";
}

std::string vl2svg() {
  const std::string own = std::string(drawing_programs()) + "/vl2svg";
  return !drawing_programs().empty() && is_file(own) ? own : program("vl2svg");
}

// A folder of ours, gone with this object.
class Workshop {
 public:
  Workshop() {
    std::string name = (fs::temp_directory_path() / "bnlab-plot-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw FileError(name, "cannot be made");
    path_ = name;
  }
  ~Workshop() {
    std::error_code none;
    fs::remove_all(path_, none);
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void call(const std::vector<std::string>& words, const std::string& log) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failed = posix_spawn(&child, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (failed == 0) ::waitpid(child, &status, 0);
  if (failed == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  const std::string said = is_file(log) ? std::string(trimmed(read_text(log, 2000))) : "";
  throw FileError(words[0],
                  fmt::format("could not draw; `{}` said: {}", join(words, " "), said.empty() ? "nothing" : said));
}

}  // namespace

const std::vector<std::string>& formats() {
  static const std::vector<std::string> all{"svg", "png", "pdf", "json", "csv"};
  return all;
}

bool can_draw(std::string& why) {
  why = vl2svg().empty()          ? fmt::format("vl2svg is not here; {}", advice)
        : program("node").empty() ? fmt::format("node is not here; {}", advice)
                                  : "";
  return why.empty();
}

void write_figure(const Figure& figure, const std::string& format, const std::string& path) {
  if (format == "csv") return write_atomically(path, to_csv(figure.rows));
  if (format == "json")
    return write_atomically(path, standalone(figure).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  std::string why;
  if (!can_draw(why)) throw FileError(path, why);
  const std::string converter = format == "svg" ? "" : program("rsvg-convert");
  if (format != "svg" && converter.empty()) throw FileError(path, fmt::format("rsvg-convert is not here; {}", advice));
  const Workshop workshop;
  write_atomically(workshop.file("figure.json"),
                   standalone(figure).dump(-1, ' ', false, Json::error_handler_t::replace));
  call({vl2svg(), workshop.file("figure.json"), workshop.file("figure.svg")}, workshop.file("log"));
  if (format != "svg")
    call({converter, "--format=" + format, "--zoom=" + std::string(format == "png" ? "2" : "1"),
          "--output=" + workshop.file("figure." + format), workshop.file("figure.svg")},
         workshop.file("log"));
  const auto bytes = read_bytes(workshop.file("figure." + format));
  write_atomically(path, std::string(bytes.begin(), bytes.end()));
}

}  // namespace bnlab
