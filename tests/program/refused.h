// What the built program refuses: with this message and no other, this exit code, and nothing left on the disk.
#pragma once

#include <catch2/catch.hpp>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "places.h"
#include "support/process.h"
#include "support/scratch.h"

namespace bnlab::testing {

struct Refused {
  std::string what;     // in words, for whoever reads the failure
  std::string config;   // the text of bad.json
  std::string message;  // all of stderr, less "bnlab: " and the newline; {norms} and the like stand for what is known, and
                        // so does all that is behind a final "(known: "
  int code = 2;
  std::vector<std::string> arguments = {};        // after `bnlab run bad.json --quiet --out out`
  std::map<std::string, std::string> files = {};  // beside bad.json; base.json is always there
  std::vector<std::string> command = {};          // another command altogether, after `bnlab`
};

// A small config that runs, and a config over it whose own text begins in line 2.
inline const char* base_config() {
  return R"({"data": {"name": "gaussian_mixture", "features": 6, "classes": 3, "samples": 64},
    "model": {"widths": [8]}, "train": {"steps": 2, "batch_size": 8}})";
}
inline std::string over_base(const std::string& body) { return "{\"compose\": [\"base\"],\n" + body + "}"; }

// {norms} -> "identity, batch_norm, ...", {kinds}, {commands}, {workloads}: as the program lists them itself, so that a
// new norm changes no test. (Whether it lists the right ones is another test's business.)
inline const std::map<std::string, std::string>& known_words() {
  static const std::map<std::string, std::string> words = [] {
    std::map<std::string, std::string> out;
    auto lines = [](std::vector<std::string> command) {
      command.insert(command.begin(), BNLAB_PROGRAM);
      std::istringstream text(run({command}).out);
      std::vector<std::string> result;
      for (std::string line; std::getline(text, line);) result.push_back(line);
      return result;
    };
    auto add = [&](const std::string& key, const std::string& word) {
      out[key] += (out[key].empty() ? "" : ", ") + word;
    };
    for (const std::string& line : lines({"list"})) {
      const std::string kind = line.substr(0, line.find(' '));
      add("{" + kind + "}", line.substr(line.find_first_not_of(' ', kind.size())));
    }
    for (const auto& kind : nlohmann::json::parse(run({{BNLAB_PROGRAM, "list", "--json"}}).out)) add("{kinds}", kind);
    for (const std::string& line : lines({"bench", "--list"})) add("{workloads}", line.substr(0, line.find(' ')));
    bool commands = false;
    for (const std::string& line : lines({"--help"})) {
      if (commands && line.rfind("  ", 0) == 0 && line[2] != ' ')
        add("{commands}", line.substr(2, line.find(' ', 2) - 2));
      commands = line == "Subcommands:" || (commands && line.rfind("  ", 0) == 0);
    }
    return out;
  }();
  return words;
}

inline std::string filled_in(std::string text, const Scratch& scratch) {
  std::map<std::string, std::string> words = known_words();
  words["{dir}"] = scratch.path(), words["{top}"] = BNLAB_TOP;
  for (const auto& [mark, word] : words) {
    for (size_t at; (at = text.find(mark)) != std::string::npos;) text.replace(at, mark.size(), word);
  }
  return text;
}

inline void check(const Refused& c) {
  const Scratch scratch;
  scratch.write("base.json", base_config());
  scratch.write("bad.json", c.config);
  for (const auto& [name, text] : c.files) scratch.write(name, text);
  const auto before = scratch.listing();

  std::vector<std::string> command{BNLAB_PROGRAM};
  if (c.command.empty()) command.insert(command.end(), {"run", "bad.json", "--quiet", "--out", "out"});
  command.insert(command.end(), c.command.begin(), c.command.end());
  command.insert(command.end(), c.arguments.begin(), c.arguments.end());
  const Said said = run({command, scratch.path()});

  INFO(c.what << "\n" << c.config.substr(0, 400));
  const std::string message = "bnlab: " + filled_in(c.message, scratch);
  if (message.ends_with("(known: ")) {
    CHECK(said.err.substr(0, message.size()) == message);
  } else {
    CHECK(said.err == message + "\n");
  }
  CHECK(said.code == c.code);
  CHECK(said.out == "");
  CHECK(scratch.listing() == before);  // no run directory, no half of one
  if (!c.command.empty() || c.code != 2) return;
  for (const char* other : {"show", "validate"}) {
    command = {BNLAB_PROGRAM, other, "bad.json"};
    command.insert(command.end(), c.arguments.begin(), c.arguments.end());
    INFO(other);
    CHECK(run({command, scratch.path()}).err == said.err);
  }
}

inline void check(const std::vector<Refused>& cases) {
  for (const Refused& c : cases) check(c);
}

}  // namespace bnlab::testing
