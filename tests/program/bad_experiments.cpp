// Experiments, claims, measures and questions about runs that make no sense, and networks that cannot be built.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "analysis/criterion.h"
#include "core/text.h"
#include "program/refused.h"

using namespace bnlab::testing;

namespace {

Refused asked(const std::vector<std::string>& command, const std::string& body, const std::string& message, int code = 2) {
  return {body, over_base(body), message, code, {}, {}, command};
}
Refused swept(const std::string& body, const std::string& message) { return asked({"sweep", "bad.json", "--quiet", "--out", "out"}, body, message); }
Refused tuned(const std::string& tune, const std::string& message) { return swept("\"vary\": [{\"seeds\": [1]}], \"tune\": " + tune, "bad.json:2: " + message); }
Refused claimed(const std::string& claims, const std::string& message) { return asked({"verdict", "bad.json", "--out", "out"}, "\"vary\": [{\"seeds\": [1]}], \"claims\": " + claims, "bad.json:2: " + message); }
Refused plain(const std::vector<std::string>& command, const std::string& message, int code = 2) { return {command[0], "", message, code, {}, {}, command}; }
Refused built(const std::string& body, const std::string& message, const std::string& data = R"("data": {"name": "textures", "samples": 64})") {
  return {body, "{" + data + ", \"train\": {\"steps\": 2, \"batch_size\": 8},\n" + body + "}", "bad.json:2: " + message};
}

// An experiment that has run: small, with an accuracy.
struct Ran {
  const Scratch scratch;
  Said said;
  explicit Ran(const std::string& body) {
    scratch.write("base.json", base_config());
    scratch.write("e.json", over_base(body));
    said = ask({"sweep", "e.json", "--out", "out"});
  }
  Said ask(std::vector<std::string> command) const {
    command.insert(command.begin(), BNLAB_PROGRAM);
    return run({command, scratch.path()});
  }
  void refuses(const std::vector<std::string>& command, const std::string& message, int code = 2) const {
    const Said answer = ask(command);
    CHECK(answer.err == "bnlab: " + filled_in(message, scratch) + "\n");
    CHECK(answer.code == code);
  }
};

}  // namespace

TEST_CASE("an experiment that tunes without sense is refused", "[program][bad]") {
  check({
      tuned("3", "tune: expected an object"),
      tuned(R"({"values": [1]})", "tune: needs \"path\""),
      tuned(R"({"path": 3})", "tune.path: expected a string"),
      tuned(R"({"path": "train.learning_rate", "gaol": "max"})", "tune.gaol: unknown key; did you mean 'goal'? (known: path, values, seeds, measure, goal)"),
      tuned(R"({"path": "train.learning_rate", "goal": "most"})", "tune.goal: expected \"max\" or \"min\""),
      tuned(R"({"path": "train.learning_rate"})", "tune: needs \"values\""),
      tuned(R"({"path": "train.learning_rate", "values": [1]})", "tune: needs \"seeds\": other ones than those of the runs that count"),
      tuned(R"({"path": "train.learning_rate", "values": [1], "seeds": ["a"]})", "tune.seeds: expected integers"),
      tuned(R"({"path": "train.learning_rate", "values": [1], "seeds": [1]})", "tune.seeds: seed 1 tunes and counts; what is tuned on a seed is not judged on it"),
      tuned(R"({"path": "train.learning_rate", "values": ["a"], "seeds": [9]})", "train.learning_rate: expected a number, got \"a\""),
      tuned(R"({"path": "train.learning_rat", "values": [1], "seeds": [9]})", "train.learning_rat: unknown key; did you mean 'learning_rate'?"),
      tuned(R"({"path": "train.learning_rate", "values": [1], "seeds": [9], "measure": "test_acuracy"})", "tune.measure: 'test_acuracy' is not measured; did you mean 'test_accuracy'? (known: train_loss, train_accuracy, train_loss_batch, train_accuracy_batch, test_loss, test_accuracy, test_loss_batch, test_accuracy_batch)"),
      swept(R"("vary": [{"seeds": [1, 2, 1]}])", "bad.json:2: vary[0].seeds[0]: seed 1 is there twice; a seed is one observation"),
      swept(R"("vary": [{"grid": {"train.learning_rate": [1]}}], "tune": {"path": "train.learning_rate", "values": [1], "seeds": [1]})", "bad.json:2: tune.path: 'train.learning_rate' is varied as well; what is tuned is not varied"),
      swept(R"("vary": [{"seeds": [1]}, {"exclude": [{"seed": 1}]}])", "bad.json:2: vary: leaves nothing to run: all cells are excluded"),
      swept(R"("vary": [{"grid": {"name": ["a", "b"]}}])", "bad.json:2: name: an experiment has one name; vary the arm"),
      swept(R"("vary": [{"blocks": 3}])", "bad.json:2: vary[0].blocks: expected a list of lists of axes"),
      swept(R"("vary": [{"exclude": 3}])", "bad.json:2: vary[0].exclude: expected a list of objects of path: value"),
  });
  const Ran ran(R"("vary": [{"seeds": [1]}], "tune": {"path": "train.learning_rate", "values": [0.1], "seeds": [9], "measure": "test_acuracy"})");
  CHECK(ran.said.code == 2);
  CHECK(ran.said.err.find("tune.measure: 'test_acuracy' is not measured; did you mean 'test_accuracy'? (known: ") != std::string::npos);
}

TEST_CASE("scales that make no sense are refused", "[program][bad]") {
  const std::vector<std::string> quick{"sweep", "bad.json", "--quiet", "--out", "out", "--scale", "quick"};
  check({
      swept("\"scales\": 3", "bad.json:2: scales: expected an object"),
      swept(R"("scales": {"standard": {}})", "bad.json:2: scales.standard: is the body itself"),
      swept(R"("scales": {"quick": 3})", "bad.json:2: scales.quick: expected an object of path: value"),
      asked(quick, R"("scales": {"quik": {}})", "--scale: 'quick' is none of this experiment; did you mean 'quik'? (known: standard, quik)"),
      asked({"run", "bad.json", "--quiet", "--out", "out"}, R"("scales": {})", "bad.json:2: scales: belongs to an experiment; `bnlab sweep` and `bnlab reproduce` run those"),
      asked({"run", "bad.json", "--quiet", "--out", "out"}, R"("about": 3)", "bad.json:2: about: belongs to an experiment; `bnlab sweep` and `bnlab reproduce` run those"),
      swept(R"("about": 3)", "bad.json:2: about: expected an object, got 3"),
  });
}

TEST_CASE("paths of a config cannot lead the results out of their folder", "[program][bad]") {
  check({
      swept(R"("scales": {"../up": {}}, "name": "../up")", "bad.json:2: name: '../up' cannot be a folder; use letters, digits, '.', '_' and '-'"),
      asked({"sweep", "bad.json", "--quiet", "--out", "out", "--scale", "../up"}, R"("scales": {"../up": {}})", "--scale: name: 'run.../up' cannot be a folder; use letters, digits, '.', '_' and '-'"),
      swept(R"("name": "/etc")", "bad.json:2: name: '/etc' cannot be a folder; use letters, digits, '.', '_' and '-'"),
      swept(R"("name": "..")", "bad.json:2: name: '..' cannot be a folder; use letters, digits, '.', '_' and '-'"),
  });
  const Ran ran(R"("arm": "../../../up", "vary": [{"arms": {"../../up": {}, "/tmp/up": {"seed": 1}, "..": {"seed": 2}, "": {"seed": 3}}}])");
  CHECK(ran.said.code == 0);
  for (const auto& name : ran.scratch.listing()) {
    INFO(name);
    CHECK((name == "base.json" || name == "e.json" || name == "out" || name == "out/run" || name.starts_with("out/run/")));
  }
  CHECK_FALSE(std::filesystem::exists(std::filesystem::path(ran.scratch.path()).parent_path() / "up"));
}

TEST_CASE("claims that cannot be decided are refused", "[program][bad]") {
  const std::string good = R"("name": "c", "says": "s", "measure": "test_accuracy")";
  auto claim = [&](const std::string& rest, const std::string& message) { return claimed("[{" + good + ", " + rest + "}]", "claims[0]" + message); };
  check({
      claimed("3", "claims: expected a list"),
      claimed("[3]", "claims[0]: expected an object"),
      claimed("[{}]", "claims[0]: needs \"criterion\", one of " + bnlab::join(bnlab::criteria().names())),
      claimed(R"([{"criterion": "valeu"}])", "claims[0].criterion: unknown criterion 'valeu'; did you mean 'value'? (known: "),
      claimed(R"([{"criterion": "difference"}])", "claims[0]: needs \"name\" and \"says\""),
      claimed(R"([{"criterion": "difference", "name": "c", "says": "s"}])", "claims[0]: needs \"measure\""),
      claimed(R"([{"criterion": "difference", "name": "c", "says": "s", "measure": "maxx(x) "}])", "claims[0].measure: measure 'maxx(x)': unknown reducer 'maxx'; did you mean 'max'? (known: "),
      claim(R"("criterion": "difference")", ": needs \"arm\""),
      claim(R"("criterion": "difference", "where": 3)", ".where: expected an object of path: value"),
      claim(R"("criterion": "difference", "arm": 3)", ".arm: expected a pattern of labels or an object of path: value"),
      claim(R"("criterion": "difference", "arm": "a")", ".than: expected a pattern of labels or an object of path: value"),
      claim(R"("criterion": "difference", "arm": "a", "than": "b", "over": "x")", ": \"over\" and \"take\" go together"),
      claim(R"("criterion": "difference", "arm": "a", "than": "b", "alpha": 0.5)", ".alpha: expected a number below 0.5"),
      claim(R"("criterion": "difference", "arm": "a", "than": "b", "diverged_is": "x")", ".diverged_is: expected a number, or \"as_measured\""),
      asked({"verdict", "bad.json", "--out", "out"}, "\"seed\": 1", "claims: this experiment claims nothing; docs/claims.md says how"),
      asked({"verdict", "bad.json", "--out", "out"}, R"("vary": [{"seeds": [1]}], "claims": [{"criterion": "difference", "name": "c", "says": "s", "measure": "test_accuracy", "arm": "a", "than": "b"}])",
            "out/run: there are no runs; `bnlab sweep` or `bnlab reproduce` makes them", 3),
      plain({"reproduce"}, "reproduce: name experiments, or --all; --list shows them"),
      plain({"verdict", "bjorck/resnett"}, "no experiment 'bjorck/resnett'; did you mean 'bjorck/resnet'? (`bnlab reproduce --list` shows all)"),
      plain({"verdict", "bjorck"}, "no experiment 'bjorck'; of that paper there are bjorck/initialization, bjorck/large_steps, bjorck/learning_rates, bjorck/resnet"),
  });
  const Ran ran(R"("vary": [{"blocks": [[{"arms": {"a": {"model.norm": "batch_norm"}}}, {"seeds": [1, 2]}], [{"arms": {"b": {}}}, {"seeds": [2, 3]}]]}],
    "claims": [{"criterion": "difference", "name": "c", "says": "s", "measure": "test_accuracy", "arm": "a", "than": "b"}])");
  ran.refuses({"verdict", "e.json", "--out", "out"}, "claims.c: 'a' and 'b' have other seeds; runs are paired by seed");
  ran.refuses({"verdict", "e.json", "--out", "out", "--set", "claims[0].than=\"nobody\""}, "claims.c: no run of the experiment is 'nobody'");
  ran.refuses({"ls", "out", "--where", "seed"}, "--where: expected PATH=PATTERN, got 'seed'");
  ran.refuses({"ls", "out", "--where", "model.nrom=x"}, "--where: no run has 'model.nrom'; did you mean 'model.norm'?");
  ran.refuses({"ls", "out", "--columns", "arm,model.nrom"}, "--columns: no run has 'model.nrom'; did you mean 'model.norm'?");
  ran.refuses({"compare", "out", "--by", "model.nrom"}, "--by: no run has 'model.nrom'; did you mean 'model.norm'?");
  ran.refuses({"rm", "out"}, "rm: needs --where, e.g. --where state=failed or --where name=pilot");
  ran.refuses({"compare", "out", "--measure", "max(train:loss) - min(train:loss) - 1"}, "measure 'max(train:loss) - min(train:loss) - 1': at most one operator can stand between two terms");
  ran.refuses({"compare", "out", "--measure", "config()"}, "measure 'config()': config: expected config(PATH)");
  ran.refuses({"compare", "out", "--measure", "a b"}, "measure 'a b': expected a number of summary.json, REDUCER(SERIES), config(PATH), diverged or a number, got 'a b'");
  ran.refuses({"compare", "out", "--measure", "max(train:loss[step])"}, "measure 'max(train:loss[step])': filter 'step': expected COLUMN=PATTERN, or step>=NUMBER, step<=NUMBER");
  const std::string run_of_a = ran.ask({"ls", "out", "--columns", "dir", "--where", "arm=a", "--csv"}).out.substr(4), dir = run_of_a.substr(0, run_of_a.find('\n'));
  // a run that a process is at work on is not removed
  ran.scratch.write(dir + "/status.json", R"({"state": "running"})");
  const int lock = ::open(ran.scratch.path(dir + "/.lock").c_str(), O_RDWR);
  REQUIRE(::flock(lock, LOCK_EX | LOCK_NB) == 0);
  ran.refuses({"rm", "out", "--where", "state=running", "--yes"}, dir + ": a process is at work here", 3);
  ::close(lock);
}

TEST_CASE("what was tuned otherwise is not taken for tuned", "[program][bad]") {
  const Ran ran(R"("vary": [{"seeds": [1]}], "tune": {"path": "train.learning_rate", "values": [0.1, 0.2], "seeds": [9]},
    "claims": [{"criterion": "value", "name": "c", "says": "s", "measure": "test_accuracy", "arm": "*", "low": 0.1}])");
  CHECK(ran.said.code == 0);
  const std::string path = "out/run/tuned.json", otherwise = path + ": was tuned otherwise than the experiment says now; `bnlab sweep` tunes again";
  ran.refuses({"verdict", "e.json", "--out", "out", "--set", "tune.values=[0.1, 0.3]"}, otherwise, 3);
  const std::string said = ran.scratch.read(path);
  ran.scratch.write(path, R"({"path": "train.learning_rate", "values": [0.1, 0.2], "arms": [3]})");
  ran.refuses({"verdict", "e.json", "--out", "out"}, otherwise, 3);
  std::filesystem::remove(ran.scratch.path(path));
  ran.refuses({"verdict", "e.json", "--out", "out"}, path + ": is not there: nothing has been tuned yet; `bnlab sweep` does", 3);
}

TEST_CASE("where there is nothing, that is said", "[program][bad]") {
  check({
      plain({"ls", "nowhere"}, "nowhere: there is no such directory; `bnlab run` makes results/runs, --out says another", 3),
      plain({"tail", "nowhere"}, "nowhere: is no run directory (there is no status.json)", 3),
      plain({"run", "base.json", "--out", ""}, "--out: expected the name of a directory"),
      plain({"sweep", "base.json", "--out", ""}, "--out: expected the name of a directory"),
      plain({"worker", "--out", "out", "--jobs", "base.json", "--share", "x"}, "worker: --share: expected i/n"),
      plain({"worker", "--out", "out", "--jobs", "base.json", "--share", "0/1", "--answers", "answers"}, R"(worker: expected lines of {"job": 0, "arm": "...", "config": {...}})"),
  });
}

TEST_CASE("networks that cannot be built are refused", "[program][bad]") {
  const std::string flat = R"("data": {"name": "gaussian_mixture", "features": 6, "samples": 64})";
  check({
      built(R"("model": {"name": "plain_cnn", "depth": 9})", "model.depth: 9 is not 6n+2 (8, 14, 20, 32, 44, 56, 110, ...)"),
      built(R"("model": {"name": "resnet_cifar", "depth": 9})", "model.depth: 9 is not 6n+2 (8, 14, 20, 32, 44, 56, 110, ...)"),
      built(R"("model": {"name": "wide_resnet", "depth": 11})", "model.depth: 11 is not 6n+4 (10, 16, 22, 28, 40, 100, 1000, ...)"),
      built(R"("model": {"scaling": "rezero"})", "model.scaling: 'rezero' says how residual blocks join, but this model has no residual blocks; use none", flat),
      built(R"("model": {"name": "residual_mlp", "scaling": "zero_gamma"})",
            "model.scaling: zero_gamma starts the norm that ends each branch from gamma = 0, but no norm stands behind the last weight layer before block1/add; use a norm such as batch_norm with placement branch_end (or published, in resnet_cifar v1)", flat),
      built(R"("model": {"name": "residual_mlp", "scaling": "zero_gamma", "norm": {"name": "batch_norm", "affine": false}, "placement": "branch_end"})",
            "model.norm: zero_gamma starts gamma of block1/branch_end from 0, but batch_norm learns none there; use an affine norm such as batch_norm", flat),
      built(R"("model": {"widths": [4], "norm": "batch_norm", "placement": {"name": "last_k", "k": 5}})", "model.placement.k: 5 asked for, but there are 1 such sites", flat),
      built(R"("model": {"name": "residual_mlp", "scaling": "fixup", "weights": "weight_standardization"})",
            "model.weights: weight_standardization fixes the scale of the weights, but the scaling asks block1/linear to start 0.447 times as large; use plain, weight_norm or scaled_weight_standardization with learn_gain", flat),
      built(R"("probes": {"gradient_shift": {"layers": [9]}})", "probes.gradient_shift.layers: 9 is beyond the last weight layer, 4", flat),
      built(R"("probes": {"landscape": {"lengths": []}})", "probes.landscape.lengths: is empty; at least one step length is needed", flat),
      built(R"("probes": {"sharpness": {"source": "full", "batches": 2}})", "probes.sharpness.batches: is for the source training only; the batch of the source full is one", flat),
  });
}
