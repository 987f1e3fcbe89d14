// Command lines that ask for what the program does not have, and places that cannot be written to.
#include "program/refused.h"

using namespace bnlab::testing;

namespace {

Refused line(const std::vector<std::string>& command, const std::string& message, int code = 2) {
  std::string what = "bnlab";
  for (const auto& word : command) what += " " + word;
  return {what, "", message, code, {}, {}, command};
}

}  // namespace

TEST_CASE("an unknown command, flag or word is refused", "[program][bad]") {
  check({
      line({"--nonsense"}, "A subcommand is required; `bnlab --help` lists the commands"),
      line({"rnu", "base.json"},
           "A subcommand is required; 'rnu' is no command; did you mean 'run'? (known: {commands})"),
      line({"frobnicate"}, "A subcommand is required; 'frobnicate' is no command (known: {commands})"),
      line({"run"}, "CONFIG is required; `bnlab run --help` says what it takes"),
      line({"run", "base.json", "--nonsense"},
           "The following argument was not expected: --nonsense; `bnlab run --help` says what it takes"),
      line({"run", "base.json", "extra"},
           "The following argument was not expected: extra; `bnlab run --help` says what it takes"),
      line({"run", "base.json", "--set"}, "--set: 1 required TEXT missing; `bnlab run --help` says what it takes"),
      line({"run", "base.json", "--threads", "many"},
           "--threads: Value many not in range 0 to 1024; `bnlab run --help` says what it takes"),
      line({"run", "base.json", "--threads", "-1"},
           "--threads: Value -1 not in range 0 to 1024; `bnlab run --help` says what it takes"),
      line({"run", "base.json", "--progress", "loud"},
           "--progress: loud not in {auto,tty,plain,none}; `bnlab run --help` says what it takes"),
      line({"validate", "none.json"}, "none.json: No such file or directory"),
      line({"show", "none.json"}, "none.json: No such file or directory"),
      line({"list", "nonsense"}, "list: 'nonsense' is no kind (known: {kinds})"),
      line({"list", "norm"}, "list: 'norm' is no kind; did you mean 'norms'? (known: {kinds})"),
      line({"data", "nonsense"}, "data: unknown dataset 'nonsense' (known: {datasets})"),
      line({"data", "mnsit"}, "data: unknown dataset 'mnsit'; did you mean 'mnist'? (known: {datasets})"),
      line({"bench", "--convolutions", "--layers"},
           "--layers excludes --convolutions; `bnlab bench --help` says what it takes"),
      line({"bench", "--convolutions", "--workload", "resnet20"},
           "--workload excludes --convolutions; `bnlab bench --help` says what it takes"),
      line({"bench", "--engine", "nonsense"},
           "--engine: nonsense not in {auto,winograd,direct,gemm}; `bnlab bench --help` says what it takes"),
      line({"bench", "--workload", "nonsense"}, "bench: unknown workload 'nonsense' (known: {workloads})"),
  });
}

TEST_CASE("a place that cannot hold runs is an error of files", "[program][bad]") {
  // the folder of a run ends in a hash of its config, which is not this test's business
  for (const std::string out : {"base.json", "base.json/deeper"}) {
    const Scratch scratch;
    scratch.write("base.json", base_config());
    const auto before = scratch.listing();
    const Said said = run({{BNLAB_PROGRAM, "run", "base.json", "--quiet", "--out", out}, scratch.path()});
    CHECK(said.err.rfind("bnlab: " + out + "/run/base-", 0) == 0);
    CHECK(said.err.find(": cannot make this directory: Not a directory\n") != std::string::npos);
    CHECK(said.code == 3);
    CHECK(scratch.listing() == before);
  }
}

TEST_CASE("validate answers for every config it was given", "[program][bad]") {
  const Scratch scratch;
  scratch.write("base.json", base_config());
  scratch.write("bad.json", over_base("\"sede\": 1"));
  const auto before = scratch.listing();
  const Said said = run({{BNLAB_PROGRAM, "validate", "none.json", "bad.json", "base.json"}, scratch.path()});
  CHECK(said.err ==
        "bnlab: none.json: No such file or directory\nbnlab: bad.json:2: sede: unknown key; did you mean 'seed'?\n");
  CHECK(said.out == "base.json: 1 run, ok\n");
  CHECK(said.code == 2);
  CHECK(scratch.listing() == before);
}
