// The built program, end to end: what it repeats, what it leaves behind, and that looking changes nothing.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/document.h"
#include "core/safetensors.h"
#include "nn/catalogs.h"
#include "places.h"
#include "support/image_files.h"
#include "support/process.h"
#include "support/scratch.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

const char* config = R"({
  "name": "small",
  "data": {"name": "gaussian_mixture", "features": 20, "classes": 4, "samples": 400},
  "model": {"widths": [16, 16], "norm": "noisy_batch_norm", "placement": "before_activation", "dropout": 0.1},
  "train": {"steps": 60, "batch_size": 20, "momentum": 0.9, "log_every": 5},
  "evaluate": {"every": 20, "bn_modes": ["running", "batch", "recalibrated"]},
  "probes": {"distribution": {"every": 10, "samples": 50}},
  "export": {"initial_parameters": true, "gradients": true}
})";

Said bnlab_run(const Scratch& scratch, const std::string& out, std::vector<std::string> more = {}) {
  std::vector<std::string> command{BNLAB_PROGRAM, "run", "config.json", "--json", "--progress", "none", "--out", out};
  command.insert(command.end(), more.begin(), more.end());
  return run({command, scratch.path()});
}

Json only_line(const Said& said) {
  INFO(said.err);
  REQUIRE(said.code == 0);
  REQUIRE(std::count(said.out.begin(), said.out.end(), '\n') == 1);
  return Json::parse(said.out);
}

std::string dir(const Said& said) { return only_line(said)["dir"].get<std::string>(); }

const std::vector<std::string> lasting{"train.csv", "eval.csv", "probes/distribution.csv", "export/initial.safetensors", "export/gradients.safetensors", "export/final.safetensors", "config.resolved.json"};

void require_same(const Scratch& scratch, const std::string& a, const std::string& b, const std::vector<std::string>& files) {
  for (const auto& file : files) {
    const std::string one = scratch.read(a + "/" + file), other = scratch.read(b + "/" + file);
    const auto differ = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
    INFO(file << ": " << one.size() << " and " << other.size() << " bytes, the first difference at " << differ.first - one.begin() << "\n"
              << one.substr(static_cast<size_t>(std::max<std::ptrdiff_t>(0, differ.first - one.begin() - 60)), 120));
    REQUIRE(!one.empty());
    REQUIRE((one == other));
  }
}

}  // namespace

TEST_CASE("epochs are steps in another unit; what is said later stands, and the resolved config says what was asked", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", config);
  const std::vector<std::string> files{"train.csv", "eval.csv", "export/final.safetensors"};
  const std::string steps = dir(bnlab_run(scratch, "steps")), epochs = dir(bnlab_run(scratch, "epochs", {"--set", "train.epochs=3"}));
  require_same(scratch, steps, epochs, files);  // 20 batches to an epoch
  const Json train = Json::parse(scratch.read(epochs + "/config.resolved.json"))["train"];
  CHECK(train["epochs"] == 3);
  CHECK_FALSE(train.contains("steps"));
  CHECK(Json::parse(scratch.read(epochs + "/summary.json"))["steps"] == 60);
  CHECK(Json::parse(scratch.read(steps + "/config.resolved.json"))["train"]["steps"] == 60);
  // each repeats itself, and is over-ruled in either unit
  scratch.write("config.json", scratch.read(epochs + "/config.resolved.json"));
  const Json again = only_line(bnlab_run(scratch, "epochs"));
  CHECK(again["dir"] == epochs);
  CHECK(only_line(bnlab_run(scratch, "over", {"--set", "train.steps=7"}))["steps"] == 7);
  CHECK(only_line(bnlab_run(scratch, "over", {"--set", "train.epochs=0.5"}))["steps"] == 10);
  scratch.write("piece.json", scratch.read(steps + "/config.resolved.json"));
  scratch.write("config.json", R"({"compose": ["piece"], "train": {"epochs": 2}})");
  CHECK(only_line(bnlab_run(scratch, "over"))["steps"] == 40);
  CHECK(only_line(bnlab_run(scratch, "over", {"--set", "train.steps=9", "--set", "train.epochs=0"}))["steps"] == 9);  // 0 says nothing
  scratch.write("config.json", R"({"compose": ["piece"], "vary": [{"arms": {"a": {"train.steps": 5}, "b": {"train.epochs": 1}}}]})");
  const Said arms = bnlab_run(scratch, "arms");
  CHECK(arms.out.find(R"("steps":5,)") != std::string::npos);
  CHECK(arms.out.find(R"("steps":20,)") != std::string::npos);
}

TEST_CASE("the same config is the same bytes; probes and threads change nothing", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", config);
  const std::string once = dir(bnlab_run(scratch, "a"));
  require_same(scratch, once, dir(bnlab_run(scratch, "b")), lasting);
  for (const char* threads : {"2", "3"}) require_same(scratch, once, dir(bnlab_run(scratch, std::string("threads") + threads, {"--threads", threads})), lasting);
  const std::string unobserved = dir(bnlab_run(scratch, "c", {"--set", "probes.distribution=null", "--set", "evaluate.every=0"}));
  require_same(scratch, once, unobserved, {"train.csv", "export/final.safetensors", "export/gradients.safetensors"});
  const std::string other = dir(bnlab_run(scratch, "d", {"--set", "seed=1"}));
  REQUIRE(scratch.read(once + "/train.csv") != scratch.read(other + "/train.csv"));
}

TEST_CASE("running config.resolved.json repeats the run in a directory of the same hash", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", config);
  const std::string once = dir(bnlab_run(scratch, "a", {"--set", "seed=3"}));
  scratch.write("config.json", scratch.read(once + "/config.resolved.json"));
  const std::string again = dir(bnlab_run(scratch, "b"));
  REQUIRE(again.substr(2) == once.substr(2));
  require_same(scratch, once, again, lasting);
}

TEST_CASE("a finished run is not repeated unless told so", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", config);
  const Json first = only_line(bnlab_run(scratch, "a"));
  const std::string log = scratch.read(first["dir"].get<std::string>() + "/log.txt");
  Json second = only_line(bnlab_run(scratch, "a"));
  REQUIRE(first == second);  // seconds included: nothing was run
  REQUIRE(scratch.read(first["dir"].get<std::string>() + "/log.txt") == log);
  const Json third = only_line(bnlab_run(scratch, "a", {"--overwrite"}));
  REQUIRE(third["seconds"] != first["seconds"]);
  REQUIRE(third["final"] == first["final"]);
}

TEST_CASE("what was not scored is null, what is no number a string; a run that is not repeated says the same", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", R"({"data": {"name": "linear_teacher", "features": 5, "outputs": 2, "samples": 64}, "model": {"widths": [4]},
    "train": {"steps": 2, "batch_size": 8, "loss": "mean_squared_error"}, "evaluate": {"splits": ["train"]}})");
  const Json first = only_line(bnlab_run(scratch, "a"));
  CHECK(first["final"]["test_loss"].is_null());
  CHECK(first["final"]["train_accuracy"] == "nan");
  CHECK(only_line(bnlab_run(scratch, "a")) == first);
  const Json summary = Json::parse(scratch.read(first["dir"].get<std::string>() + "/summary.json"));
  CHECK(summary["final"] == first["final"]);
}

TEST_CASE("the option --json says what the documentation promises", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", config);
  const Json line = only_line(bnlab_run(scratch, "a"));
  for (const char* key : {"dir", "name", "arm", "seed", "outcome", "steps", "seconds", "final"}) REQUIRE(line.contains(key));
  for (const char* key : {"train_loss", "test_loss", "test_accuracy"}) REQUIRE(line["final"][key].is_number());
  const Said progress = run({{BNLAB_PROGRAM, "run", "config.json", "--json", "--out", "b"}, scratch.path()});
  CHECK(progress.err.find("data: gaussian_mixture (synthetic data)\n") == 0);
  CHECK(progress.err.find("outcome") == std::string::npos);  // no table
  REQUIRE(line["name"] == "small");
  REQUIRE(line["arm"] == "base");
  REQUIRE(line["outcome"] == "completed");
  REQUIRE(line["steps"] == 60);
  REQUIRE(line["dir"].get<std::string>().find("a/small/base-") == 0);
}

TEST_CASE("arms and seeds run in turn and share the data order", "[program]") {
  const Scratch scratch;
  Json varied = Json::parse(config);
  varied["vary"] = Json::parse(R"([{"arms": {"plain": {"model.placement": "none"}, "bn": {"model.norm": "batch_norm"}}}, {"seeds": {"from": 4, "count": 2}}])");
  scratch.write("config.json", varied.dump());
  const Said said = bnlab_run(scratch, "a");
  REQUIRE(said.code == 0);
  std::istringstream lines(said.out);
  std::vector<Json> runs;
  for (std::string line; std::getline(lines, line);) runs.push_back(Json::parse(line));
  REQUIRE(runs.size() == 4);
  REQUIRE(runs[0]["arm"] == "plain");
  REQUIRE(runs[3]["arm"] == "bn");
  REQUIRE(runs[3]["seed"] == 5);
  const auto a = read_safetensors(scratch.path(runs[0]["dir"].get<std::string>() + "/export/gradients.safetensors"));
  const auto b = read_safetensors(scratch.path(runs[2]["dir"].get<std::string>() + "/export/gradients.safetensors"));
  REQUIRE(a.at("batch/x").values == b.at("batch/x").values);
  REQUIRE(a.at("batch/labels").values == b.at("batch/labels").values);
}

TEST_CASE("a run that diverges is a result: exit 0, outcome diverged, the step said", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", config);
  const Json line = only_line(bnlab_run(scratch, "a", {"--set", "train.learning_rate=1e30", "--set", "model.placement=none", "--set", "train.loss=mean_squared_error"}));
  REQUIRE(line["outcome"] == "diverged");
  REQUIRE(line["steps"].get<int>() < 60);
  const std::string losses = scratch.read(line["dir"].get<std::string>() + "/train.csv");
  REQUIRE((losses.find(",inf,") != std::string::npos || losses.find(",nan,") != std::string::npos));
}

TEST_CASE("outputs that are no numbers are not scored as the first class", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", config);
  const Json line = only_line(bnlab_run(scratch, "a", {"--set", "train.learning_rate=1e30", "--set", "model.placement=none"}));
  REQUIRE(line["outcome"] == "diverged");
  const std::string scores = scratch.read(line["dir"].get<std::string>() + "/eval.csv");
  REQUIRE(scores.find(",nan,nan") != std::string::npos);
}

TEST_CASE("an interrupted run leaves with 130 and starts again, or goes on with --resume; a killed one too", "[program]") {
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGKILL}) {
    const Scratch scratch;
    scratch.write("config.json", config);
    const std::string once = dir(bnlab_run(scratch, "whole", {"--set", "train.steps=4000"}));
    // a shell that starts the program, waits until it trains, sends it the signal and hands on how it ended
    const std::string script = std::string(BNLAB_PROGRAM) + " run config.json --quiet --out a --set train.steps=4000 & p=$!; "
                               "until [ -s a/small/*/seed-0/probes/distribution.csv ]; do sleep 0.01; done; kill -" + std::to_string(signal) + " $p; wait $p";
    const Said said = run({{"/bin/sh", "-c", script}, scratch.path()});
    REQUIRE(said.code == (signal == SIGKILL ? 137 : 130));
    const std::string where = "a" + once.substr(once.find('/'));
    const Json status = Json::parse(scratch.read(where + "/status.json"));
    const Said resumed = run({{BNLAB_PROGRAM, "run", "config.json", "--json", "--progress", "plain", "--out", "a", "--set", "train.steps=4000", "--resume"}, scratch.path()});
    INFO(resumed.err);
    REQUIRE(resumed.err.find(signal == SIGKILL ? "has no checkpoint; it starts again" : "goes on at step " + std::to_string(status["step"].get<int64_t>())) != std::string::npos);
    require_same(scratch, once, dir(resumed), lasting);
    REQUIRE(Json::parse(scratch.read(where + "/manifest.json")).contains("resumed") == (signal != SIGKILL));
  }
}

TEST_CASE("a directory in which a process is at work is left alone", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", config);
  const std::string where = dir(bnlab_run(scratch, "a"));
  scratch.write(where + "/status.json", Json{{"state", "running"}, {"pid", 12345}, {"host", "elsewhere"}}.dump());
  const int lock = ::open(scratch.path(where + "/.lock").c_str(), O_RDWR);
  REQUIRE(::flock(lock, LOCK_EX | LOCK_NB) == 0);
  const Said said = bnlab_run(scratch, "a");
  REQUIRE(said.code == 3);
  REQUIRE(said.err.find("process 12345 on elsewhere is at work here; wait for it, or end it") != std::string::npos);
  ::close(lock);
  REQUIRE(scratch.read(where + "/status.json").find("running") != std::string::npos);
}

TEST_CASE("a finished run that has lost its summary is not replaced without being told so", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", config);
  const std::string where = dir(bnlab_run(scratch, "a"));
  std::filesystem::remove(scratch.path(where + "/summary.json"));
  const Said said = bnlab_run(scratch, "a");
  CHECK(said.code == 3);
  CHECK(said.err.find(where + ": holds a finished run; --overwrite replaces it") != std::string::npos);
  CHECK(dir(bnlab_run(scratch, "a", {"--overwrite"})) == where);
}

TEST_CASE("what is written is what the documentation lists", "[program][docs]") {
  const Scratch scratch, top;
  scratch.write("config.json", config);
  const std::string where = dir(bnlab_run(scratch, "a"));
  std::ifstream file(std::string(BNLAB_TOP) + "/docs/run-directory.md");
  std::stringstream page;
  page << file.rdbuf();
  for (const char* csv : {"train.csv", "eval.csv", "timing.csv", "probes/distribution.csv"}) {
    const std::string header = scratch.read(where + "/" + csv).substr(0, scratch.read(where + "/" + csv).find('\n'));
    INFO(csv << " " << header);
    const std::string named = std::string(csv).starts_with("probes/") ? "probes/<name>.csv" : csv;
    REQUIRE(page.str().find("| `" + named + "` | `" + header + "` |") != std::string::npos);
  }
  for (const auto& name : std::filesystem::directory_iterator(scratch.path(where))) {
    INFO(name.path().filename());
    REQUIRE(page.str().find("`" + name.path().filename().string()) != std::string::npos);
  }
  std::ifstream probe_file(std::string(BNLAB_TOP) + "/docs/probes/distribution.md");
  page.str(""), page << probe_file.rdbuf();
  std::istringstream rows(scratch.read(where + "/probes/distribution.csv"));
  std::set<std::string> metrics;
  std::string titles;
  std::getline(rows, titles);
  for (std::string row; std::getline(rows, row);) {
    std::istringstream cells(row);
    std::string cell;
    for (int k = 0; k < 4; ++k) std::getline(cells, cell, ',');
    if (cell.find("_reference") == std::string::npos) metrics.insert(cell);
  }
  for (const auto& metric : metrics) {
    INFO(metric);
    REQUIRE(page.str().find("`" + metric + "`") != std::string::npos);
  }
}

TEST_CASE("exported gradients are of the exported parameters on the exported batch", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", config);
  const std::vector<std::string> plain{"--set", "model.placement=none", "--set", "model.widths=[]", "--set", "model.dropout=0", "--set", "engine.precision=double"};
  const std::string where = dir(bnlab_run(scratch, "a", plain));
  const auto initial = read_safetensors(scratch.path(where + "/export/initial.safetensors")), gradients = read_safetensors(scratch.path(where + "/export/gradients.safetensors"));
  const auto &w = initial.at("output/linear/weight"), &x = gradients.at("batch/x"), &labels = gradients.at("batch/labels");
  REQUIRE(w.shape == std::vector<int64_t>{4, 20});
  REQUIRE(x.shape == std::vector<int64_t>{20, 1, 1, 20});
  // softmax regression by hand: dW = (1/n) sum_i (p_i - onehot_i) x_i^T
  std::vector<double> dw(80, 0);
  double loss = 0;
  for (size_t i = 0; i < 20; ++i) {
    double z[4] = {}, sum = 0;
    for (size_t k = 0; k < 4; ++k) {
      for (size_t j = 0; j < 20; ++j) z[k] += w.values[k * 20 + j] * x.values[i * 20 + j];
      sum += std::exp(z[k]);
    }
    loss -= std::log(std::exp(z[static_cast<size_t>(labels.values[i])]) / sum) / 20;
    for (size_t k = 0; k < 4; ++k) {
      const double d = std::exp(z[k]) / sum - (static_cast<double>(k) == labels.values[i]);
      for (size_t j = 0; j < 20; ++j) dw[k * 20 + j] += d * x.values[i * 20 + j] / 20;
    }
  }
  REQUIRE(gradients.at("batch/loss").values[0] == Approx(loss).epsilon(1e-12));
  for (size_t k = 0; k < 80; ++k) REQUIRE(gradients.at("output/linear/weight").values[k] == Approx(dw[k]).epsilon(1e-10).margin(1e-14));
}

TEST_CASE("where the dataset is missing the fallback serves, and the run says so", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", R"({"data": {"name": "mnist", "directory": "nowhere", "fallback": {"name": "gaussian_mixture", "features": 9, "samples": 64}}, "model": {"widths": [4]}, "train": {"steps": 2, "batch_size": 8}})");
  const Said said = run({{BNLAB_PROGRAM, "run", "config.json", "--json", "--out", "a"}, scratch.path()});
  const Json line = only_line(said);
  REQUIRE(said.err.find("mnist is not installed") != std::string::npos);
  REQUIRE(said.err.find("synthetic 'gaussian_mixture'") != std::string::npos);
  const Json resolved = Json::parse(scratch.read(line["dir"].get<std::string>() + "/config.resolved.json"));
  REQUIRE(resolved["data"]["name"] == "gaussian_mixture");
}

TEST_CASE("a sweep without the dataset is of the fallback's runs, and says so", "[program]") {
  const Scratch scratch;
  scratch.write("sweep.json", R"({"name": "s", "data": {"name": "mnist", "directory": "nowhere", "pad_to": 32, "fallback": {"name": "gaussian_mixture", "features": 9, "samples": 64}}, "model": {"widths": [4]}, "train": {"steps": 2, "batch_size": 8}, "vary": [{"seeds": [1, 2]}]})");
  const Said first = run({{BNLAB_PROGRAM, "sweep", "sweep.json", "--out", "a"}, scratch.path()});
  INFO(first.err);
  REQUIRE(first.code == 0);
  REQUIRE(first.err.find("note: mnist is not installed") != std::string::npos);
  REQUIRE(first.out.find("2 completed now") != std::string::npos);
  const Said again = run({{BNLAB_PROGRAM, "sweep", "sweep.json", "--out", "a"}, scratch.path()});
  REQUIRE(again.out.find("2 there before") != std::string::npos);
  const Said alone = run({{BNLAB_PROGRAM, "run", "sweep.json", "--set", "seed=1", "--out", "a"}, scratch.path()});
  INFO(alone.out);
  REQUIRE(alone.out.find("had finished before") != std::string::npos);
}

TEST_CASE("looking commands answer with JSON that says what they say in words", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", config);
  auto json = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), BNLAB_PROGRAM);
    const Said said = run({arguments, scratch.path()});
    INFO(said.err);
    REQUIRE(said.code == 0);
    return Json::parse(said.out);
  };
  const Json shown = json({"show", "config.json", "--json"});
  REQUIRE(shown[0]["layers"].size() == 9);
  REQUIRE(shown[0]["parameters"] == 20 * 16 + 32 + 16 * 16 + 32 + 16 * 4 + 4);
  REQUIRE(shown[0]["sites"].size() == 7);
  for (const char* kind : {"sections", "models", "norms", "placements", "activations", "scalings", "weights", "initializers", "losses", "schedules", "datasets", "probes"}) {
    REQUIRE(json({"list", kind, "--json"}).size() >= 1);
  }
  REQUIRE(json({"list", "norms", "--json"}).size() == norms<float>().names().size());
  REQUIRE(json({"schema"})["properties"].contains("model"));
  REQUIRE(json({"data", "--json"}).size() == 7);
  const std::string sites = run({{BNLAB_PROGRAM, "show", "config.json", "--set", "model.widths=[4,4,4,4,4,4,4,4,4,4,4,4,4,4]"}, scratch.path()}).out;
  REQUIRE(sites.find("... and 5 more (bnlab show --json lists all)\n") != std::string::npos);
  REQUIRE(run({{BNLAB_PROGRAM, "validate", "config.json"}, scratch.path()}).out == "config.json: 1 run, ok\n");
  for (const char* command : {"run", "validate", "show", "list", "schema", "data", "bench"}) REQUIRE(run({{BNLAB_PROGRAM, command, "--help"}, scratch.path()}).code == 0);
  REQUIRE(run({{BNLAB_PROGRAM, "--version"}, scratch.path()}).out.find("bnlab 0.1.0") == 0);
}

TEST_CASE("show: a run that is there, in words and in JSON; several are listed by ls", "[program][show]") {
  const Scratch scratch;
  scratch.write("config.json", config);
  const std::string one = dir(bnlab_run(scratch, "out"));
  auto show = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {BNLAB_PROGRAM, "show"});
    return run({more, scratch.path()});
  };
  const Json json = Json::parse(show({one, "--json"}).out), summary = Json::parse(scratch.read(one + "/summary.json"));
  CHECK(json["name"] == "small");
  CHECK(json["arm"] == "base");
  CHECK(json["seed"] == 0);
  CHECK(json["state"] == "completed");
  CHECK(json["step"] == 60);
  CHECK(json["final"] == summary["final"]);
  CHECK(json["probes"] == summary["probes"]);
  CHECK(json["cost"] == summary["cost"]);
  CHECK(json["data"]["name"] == "gaussian_mixture");
  for (const auto& file : lasting) CHECK(std::find(json["files"].begin(), json["files"].end(), file) != json["files"].end());
  const std::string words = show({one}).out;
  CHECK(words.rfind("small, arm base, seed 0: completed after 60 steps, ", 0) == 0);
  for (const char* part : {"\ncommit  ", "\nmade  ", "\nnetwork   mlp, ", "gaussian_mixture: ", "\ntest_accuracy  ", "\ndistribution  ", "\n  probes/distribution.csv\n"}) CHECK_THAT(words, Catch::Matchers::Contains(part));
  CHECK(show({one + "/"}).out == words);
  CHECK(show({"out"}).out == words);  // the only one there
  CHECK(run({{BNLAB_PROGRAM, "show", "."}, scratch.path(one)}).out.rfind("small, arm base, seed 0: ", 0) == 0);

  scratch.write(one + "/status.json", R"({"state": "running", "step": 0})");
  CHECK_THAT(show({one}).out, Catch::Matchers::StartsWith("small, arm base, seed 0: was killed; "));
  scratch.write(one + "/status.json", R"({"state": "interrupted", "step": 40})");
  CHECK_THAT(show({one}).out, Catch::Matchers::StartsWith("small, arm base, seed 0: interrupted at step 40 of 60\n"));
  std::filesystem::remove(scratch.path(one + "/manifest.json"));  // whatever a crash has torn
  scratch.write(one + "/summary.json", "{");
  scratch.write(one + "/status.json", R"({"state": "failed", "why": "the disk is full"})");
  CHECK_THAT(show({one}).out, Catch::Matchers::StartsWith("small, arm base, seed 0: failed: the disk is full\n"));

  bnlab_run(scratch, "out", {"--set", "seed=2"});
  const Said several = show({"out"}), set = show({one, "--set", "seed=3"});
  CHECK(several.err == "bnlab: out: holds 2 runs, `show` takes one; `bnlab ls out` lists them\n");
  CHECK(several.code == 2);
  CHECK(set.err == "bnlab: " + one + ": is a directory; --set changes a config, not a run that is there\n");
  std::filesystem::create_directories(scratch.path("empty"));
  CHECK(show({"empty"}).err == "bnlab: empty: is no run directory (there is no status.json)\n");
  CHECK(show({"empty"}).code == 3);
}

TEST_CASE("every key of a section is listed", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", config);
  const Json resolved = Json::parse(scratch.read(dir(bnlab_run(scratch, "a")) + "/config.resolved.json"));
  std::istringstream lines(run({{BNLAB_PROGRAM, "list", "sections"}, scratch.path()}).out);
  std::set<std::string> listed;
  std::string section;
  for (std::string line; std::getline(lines, line);) {
    if (line[0] != ' ') section = line;
    const size_t key = line.find_first_not_of(' ');
    if (key > 0) listed.insert(section + "." + line.substr(key, line.find(' ', key) - key));
  }
  std::vector<std::string> expected{"data.name", "data.augment.crop_padding", "model.name", "model.norm", "train.adaptive_clip.lambda", "train.groups[].match", "probes.distribution", "the top.seed"};
  for (const char* name : {"evaluate", "engine", "export"}) {
    for (const auto& [key, value] : resolved[name].items()) expected.push_back(std::string(name) + "." + key);
  }
  for (const auto& key : expected) {
    INFO(key);
    CHECK(listed.contains(key));
  }
}

TEST_CASE("bench computes with the engine that is asked for", "[program]") {
  const Said said = run({{BNLAB_PROGRAM, "bench", "--workload", "resnet20", "--engine", "gemm", "--layers", "--seconds", "0.01", "--json"}});
  INFO(said.err);
  REQUIRE(said.code == 0);
  const Json all = Json::parse(said.out);
  for (const Json& layer : all["layers"]) CHECK((layer["engine"] == "gemm" || layer["engine"] == ""));
}

TEST_CASE("data that are no original release are called so by runs and by bnlab data alike", "[program]") {
  const Scratch scratch;
  for (const auto& [name, text] : cifar10_files("data/cifar-10-batches-bin")) scratch.write(name, text);
  scratch.write("config.json", R"({"data": {"name": "cifar10", "directory": "data"}, "model": {"widths": [4]}, "train": {"steps": 1, "batch_size": 4}})");
  const std::string caution = "not the original release; such files may be re-encoded (JPEG) or reordered copies";
  const Said said = run({{BNLAB_PROGRAM, "run", "config.json", "--json", "--out", "a"}, scratch.path()});
  CHECK(only_line(said)["data"] == "cifar10 (" + caution + ")");
  CHECK(said.err == "data: cifar10 (" + caution + ")\n");
  const Process look{{BNLAB_PROGRAM, "data", "cifar10"}, scratch.path(), {"BNLAB_DATA_DIR=data"}};
  CHECK(run(look).out.find("\n    " + caution + "\n") != std::string::npos);
  scratch.write("data/cifar-10-batches-bin/test_batch.bin", "torn");
  const Said torn = run(look);
  CHECK(torn.code == 0);
  CHECK(torn.out.find("\n    data/cifar-10-batches-bin/test_batch.bin: offset 0: a record of 3073 bytes begins here, but only 4 bytes follow\n") != std::string::npos);
}

TEST_CASE("progress: plain lines without a terminal, nothing with --quiet", "[program]") {
  const Scratch scratch;
  scratch.write("config.json", config);
  const Said said = run({{BNLAB_PROGRAM, "run", "config.json", "--out", "a"}, scratch.path()});
  REQUIRE(said.err.find('\r') == std::string::npos);
  REQUIRE(said.out.find("results: a/small/base-") != std::string::npos);
  const Said quiet = run({{BNLAB_PROGRAM, "run", "config.json", "--out", "b", "--quiet"}, scratch.path()});
  REQUIRE((quiet.out.empty() && quiet.err.empty()));
  const Said bar = run({{BNLAB_PROGRAM, "run", "config.json", "--out", "c", "--progress", "tty", "--set", "train.steps=20000"}, scratch.path()});
  REQUIRE(bar.err.find('\r') != std::string::npos);
  REQUIRE(bar.err.find(" left") != std::string::npos);
}
