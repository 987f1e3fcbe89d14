// Pictures of what is not there, or by programs that are not; recurrent networks that cannot be.
#include <filesystem>

#include "program/refused.h"

using namespace bnlab::testing;

namespace {

Refused plain(const std::vector<std::string>& command, const std::string& message, int code = 2) { return {command[0], "", message, code, {}, {}, command}; }

}  // namespace

TEST_CASE("reports and plots of what is not there are refused", "[program][bad]") {
  check({
      plain({"report"}, "report: name a run, a directory of runs, an experiment, or a folder of results"),
      plain({"plot"}, "plot: name a run, a directory of runs, an experiment, or a folder of results; --list shows the figures"),
      plain({"report", "--gallery", "a", "b"}, "report: --gallery takes one directory of results"),
      plain({"report", "base.json", "--out", "out"}, "out/run: there are no runs; `bnlab sweep base.json` makes them", 3),
  });
  const Scratch scratch;
  const auto ask = [&](std::vector<std::string> command) {
    command.insert(command.begin(), BNLAB_PROGRAM);
    return run({command, scratch.path()});
  };
  Said said = ask({"report", "nothing", "--out", "out"});
  CHECK(said.err.starts_with("bnlab: 'nothing' is no run directory, no directory of runs, no folder of results and no experiment"));
  CHECK(said.code == 2);
  std::filesystem::create_directories(scratch.path() + "/empty");
  said = ask({"plot", "empty"});
  CHECK(said.err == "bnlab: empty: holds no runs\n");
  CHECK(said.code == 3);
}

TEST_CASE("figures that cannot be drawn say why", "[program][bad]") {
  const Scratch scratch;
  scratch.write("base.json", base_config());
  REQUIRE(run({{BNLAB_PROGRAM, "run", "base.json", "--quiet", "--out", "out"}, scratch.path()}).code == 0);
  const auto ask = [&](std::vector<std::string> command, const std::string& environment = "BNLAB=1") {
    command.insert(command.begin(), {"/usr/bin/env", environment, BNLAB_PROGRAM});
    return run({command, scratch.path()});
  };
  scratch.write("other.json", R"({"compose": ["base.json"], "train": {"learning_rate": 0.017}})");  // its runs would lie in the same folder
  const Said other = ask({"report", "other.json", "--out", "out"});
  CHECK(other.err == "bnlab: out/run: there are no runs; `bnlab sweep other.json` makes them\n");
  CHECK(other.code == 3);
  const auto refuses = [&](const std::vector<std::string>& command, const std::string& message, int code, const std::string& environment = "BNLAB=1") {
    const Said said = ask(command, environment);
    INFO(said.err);
    CHECK(said.err.starts_with("bnlab: " + message));
    CHECK(said.code == code);
  };
  refuses({"plot", "out", "--what", "spectrun"}, "unknown figure 'spectrun'; did you mean 'spectrum'? (known: ", 2);
  refuses({"plot", "out", "--what", "spectrum"}, "out: holds nothing for 'spectrum'; it needs ", 3);
  refuses({"plot", "out", "-o", "-"}, "plot: `-o -` needs --what and --format csv or json", 2);
  if (ask({"plot", "out", "--what", "network"}).code != 0) return;  // nothing to draw with here

  // other programs than those that draw, in a PATH of its own
  const std::string bin = scratch.path() + "/bin", network = "network.svg";
  scratch.write("bin/node", "#!/bin/sh\necho no drawing today\nexit 1\n");
  std::filesystem::permissions(bin + "/node", std::filesystem::perms::owner_all);
  const std::vector<std::string> svg{"plot", "out", "--what", "network"}, png{"plot", "out", "--what", "network", "--format", "png"};
  const Said said = ask(svg, "PATH=" + bin);
  CHECK(said.err.find(": could not draw; `") != std::string::npos);
  CHECK(said.err.find("no drawing today") != std::string::npos);
  CHECK(said.code == 3);
  refuses(png, "network.png: rsvg-convert is not here; ", 3, "PATH=" + bin);
  CHECK(ask(svg, "TMPDIR=/proc").err.find(": cannot be made") != std::string::npos);
  refuses({"report", "--gallery", "no_such"}, "no_such: there is no such directory", 3);
}

TEST_CASE("recurrent networks that cannot be built are refused", "[program][bad]") {
  const std::string train = R"(, "train": {"steps": 2, "batch_size": 8},)";
  check({
      {"no rows", "{\"data\": {\"name\": \"gaussian_mixture\", \"features\": 6, \"classes\": 3, \"samples\": 64}" + train + "\n\"model\": {\"name\": \"recurrent\"}}",
       "bad.json:2: model.name: recurrent reads images row by row, but a sample of this data is a list of 6 numbers; `bnlab list datasets` says which data are images"},
      {"no gamma", "{\"data\": {\"name\": \"textures\", \"samples\": 64}" + train + "\n\"model\": {\"name\": \"recurrent\", \"width\": 4, \"initial_gamma\": 0.1, \"norm\": {\"name\": \"batch_norm\", \"affine\": false}}}",
       "bad.json:2: model.initial_gamma: gamma is to start from 0.1, but batch_norm learns none; use 1, or an affine norm such as batch_norm"},
  });
}
