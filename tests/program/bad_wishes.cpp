// Well-formed configs and command lines that ask for what does not exist or cannot be.
#include "program/refused.h"

using namespace bnlab::testing;

TEST_CASE("an unknown name is refused with the nearest known one", "[program][bad]") {
  check({
      {"norm", over_base(R"("model": {"norm": "bach_norm"})"),
       "bad.json:2: model.norm: unknown norm 'bach_norm'; did you mean 'batch_norm'? (known: {norms})"},
      {"norm, nothing near", over_base(R"("model": {"norm": "zzzzzzzz"})"),
       "bad.json:2: model.norm: unknown norm 'zzzzzzzz' (known: {norms})"},
      {"norm, spelt out", over_base("\"model\": {\"norm\": {\n\"name\": \"layernorm\"}}"),
       "bad.json:3: model.norm.name: unknown norm 'layernorm'; did you mean 'layer_norm'? (known: {norms})"},
      {"model", over_base(R"("model": {"name": "mpl"})"),
       "bad.json:2: model.name: unknown model 'mpl'; did you mean 'mlp'? (known: {models})"},
      {"activation", over_base(R"("model": {"activation": "rellu"})"),
       "bad.json:2: model.activation: unknown activation 'rellu'; did you mean 'relu'? (known: {activations})"},
      {"placement", over_base(R"("model": {"placement": "before_activaton"})"),
       "bad.json:2: model.placement: unknown placement 'before_activaton'; did you mean 'before_activation'? (known: "
       "{placements})"},
      {"initializer", over_base(R"("model": {"initializer": "glorott"})"),
       "bad.json:2: model.initializer: unknown initializer 'glorott'; did you mean 'glorot'? (known: {initializers})"},
      {"weights", over_base(R"("model": {"weights": "weightnorm"})"),
       "bad.json:2: model.weights: unknown weight map 'weightnorm'; did you mean 'weight_norm'? (known: {weights})"},
      {"dataset, in capitals", over_base(R"("data": {"name": "CIFAR10"})"),
       "bad.json:2: data.name: unknown dataset 'CIFAR10'; did you mean 'cifar10'? (known: {datasets})"},
      {"dataset", over_base(R"("data": {"name": "fashion_mnits"})"),
       "bad.json:2: data.name: unknown dataset 'fashion_mnits'; did you mean 'fashion_mnist'? (known: {datasets})"},
      {"fallback", over_base(R"("data": {"fallback": "gausian_mixture"})"),
       "bad.json:2: data.fallback: unknown dataset 'gausian_mixture'; did you mean 'gaussian_mixture'? (known: "
       "{datasets})"},
      {"probe", over_base(R"("probes": {"distributon": {}})"),
       "bad.json:2: probes.distributon: unknown probe 'distributon'; did you mean 'distribution'? (known: {probes})"},
      {"schedule", over_base(R"("train": {"schedule": "cosin"})"),
       "bad.json:2: train.schedule: unknown schedule 'cosin'; did you mean 'cosine'? (known: {schedules})"},
      {"loss", over_base(R"("train": {"loss": "cross_entropy"})"),
       "bad.json:2: train.loss: unknown loss 'cross_entropy'; did you mean 'softmax_cross_entropy'? (known: {losses})"},
  });
}

TEST_CASE("parts that do not fit together are refused", "[program][bad]") {
  const std::string teacher = R"({"data": {"name": "linear_teacher"}, "train": {"steps": 1, "batch_size": 8)";
  auto norm = [](const std::string& body) {
    return over_base("\"model\": {\"placement\": \"before_activation\", " + body + "}");
  };
  check({
      {"a site that an MLP has not", over_base("\"model\": {\"norm\": \"batch_norm\",\n\"placement\": \"branch_end\"}"),
       "bad.json:3: model.placement: this model offers no site 'branch_end' (it offers: before_weight, before_activation, after_activation, before_classifier)"},
      {"a pattern that no site matches",
       over_base("\"model\": {\"norm\": \"batch_norm\",\n\"placement\": [\"hidden9/*\"]}"),
       "bad.json:3: model.placement.sites: 'hidden9/*' matches no site (`bnlab show` lists them)"},
      {"a misspelt site", over_base(R"("model": {"norm": "batch_norm", "placement": ["hidden1/before_activatoin"]})"),
       "bad.json:2: model.placement.sites: 'hidden1/before_activatoin' matches no site; did you mean "
       "'hidden1/before_activation'? (`bnlab show` lists them)"},
      {"groups that do not divide", norm("\"norm\": {\"name\": \"group_norm\",\n\"groups\": 3}"),
       "bad.json:3: model.norm.groups: 3 groups do not divide 8 channels"},
      {"instance norm without space", norm(R"("norm": "instance_norm")"),
       "./base.json:2: train.batch_size: instance_norm at hidden1/before_activation: needs space (h * w of at least "
       "2), but this is 8 (batch size 8)"},
      {"batch norm of one sample", norm(R"("norm": "batch_norm"}, "train": {"batch_size": 1)"),
       "bad.json:2: train.batch_size: batch_norm at hidden1/before_activation: batch statistics need at least 2 rows "
       "per channel, but a batch has 1 (batch size 1)"},
      {"more to a batch than there is", over_base(R"("train": {"batch_size": 65})"),
       "bad.json:2: train.batch_size: 65 is more than the 64 training samples"},
      {"Nesterov without momentum", over_base("\"train\": {\n\"nesterov\": true}"),
       "bad.json:3: train.nesterov: needs train.momentum above 0"},
      {"steps and epochs", over_base("\"train\": {\"steps\": 3,\n\"epochs\": 1}"),
       "bad.json:3: train.epochs: train.steps says how long as well; give one of them"},
      {"two kinds of clipping", over_base("\"train\": {\"gradient_clip\": 0.5, \"adaptive_clip\": {\n\"lambda\": 0.01}}"),
       "bad.json:3: train.adaptive_clip.lambda: one kind of clipping at a time: train.gradient_clip is 0.5"},
      {"Winograd in double", over_base("\"engine\": {\"precision\": \"double\",\n\"convolution\": \"winograd\"}"),
       "bad.json:3: engine.convolution: 'winograd' computes in float only; with precision double use auto or gemm"},
      {"oneDNN in double", over_base(R"("engine": {"precision": "double", "convolution": "direct"})"),
       "bad.json:2: engine.convolution: 'direct' computes in float only; with precision double use auto or gemm"},
      {"classes of numbers", teacher + "}}",
       "bad.json:1: train.loss: softmax_cross_entropy needs labels, but linear_teacher has numbers to predict; use "
       "mean_squared_error"},
      {"noise on numbers",
       teacher + R"(, "loss": "mean_squared_error"}, "vary": [{"arms": {"noisy": {"data.label_noise": 0.1}}}]})",
       "bad.json:1: data.label_noise: linear_teacher has no labels"},
      {"black and white numbers", over_base(R"("data": {"binarize": true})"),
       "bad.json:2: data.binarize: gaussian_mixture is no set of images"},
      {"numbers in a mirror", over_base("\"data\": {\"augment\": {\"crop_padding\": 0,\n\"flip\": true}}"),
       "bad.json:3: data.augment.flip: gaussian_mixture is no set of images"},
      {"a crop of numbers", over_base("\"data\": {\"augment\": {\"flip\": true,\n\"crop_padding\": 4}}"),
       "bad.json:3: data.augment.crop_padding: gaussian_mixture is no set of images"},
      {"a crop that may miss the image", R"({"data": {"name": "textures", "size": 8, "augment": {"crop_padding": 8}}})",
       "bad.json:1: data.augment.crop_padding: 8 would move images of 8x8x3 out of sight"},
      {"a frame around numbers", over_base(R"("data": {"pad_to": 32})"),
       "bad.json:2: data.pad_to: gaussian_mixture is no set of images"},
      {"a frame smaller than the image", R"({"data": {"name": "textures", "size": 8, "pad_to": 7}})",
       "bad.json:1: data.pad_to: 7 asked for, but the images of textures are 8x8x3"},
      {"no validation split", over_base("\"evaluate\": {\"splits\": [\"train\",\n\"validation\"]}"),
       "bad.json:3: evaluate.splits[1]: there is no validation split; set data.validation_size"},
      {"no mode at all", over_base("\"probes\": {\"landscape\": {\n\"bn_modes\": []}}"),
       "bad.json:3: probes.landscape.bn_modes: is empty; at least one is needed (known: batch, frozen, running)"},
      {"a mode twice", over_base("\"evaluate\": {\"bn_modes\": [\"batch\",\n\"batch\"]}"),
       "bad.json:3: evaluate.bn_modes[1]: 'batch' stands here twice"},
      {"a length twice", over_base("\"probes\": {\"landscape\": {\"lengths\": [1,\n1]}}"),
       "bad.json:3: probes.landscape.lengths[1]: 1 stands here twice"},
      {"a trace of too few products", over_base("\"probes\": {\"hessian\": {\n\"trace_samples\": 2}}"),
       "bad.json:3: probes.hessian.trace_samples: a trace takes at least 3 products; 0: no trace"},
      {"a group of nothing", over_base("\"train\": {\"groups\": [\n{\"match\": \"*/gamma\"}]}"),
       "bad.json:3: train.groups[0].match: '*/gamma' matches no parameter that an earlier group left"},
      {"a group that another took",
       over_base("\"train\": {\"groups\": [{\"match\": \"*\"},\n{\"match\": \"*/bias\"}]}"),
       "bad.json:3: train.groups[1].match: '*/bias' matches no parameter that an earlier group left"},
      {"more than there is to train on", over_base(R"("data": {"train_size": 65})"),
       "bad.json:2: data.train_size: 65 asked for, but gaussian_mixture (train) has 64"},
      {"more than there is to validate on", over_base(R"("data": {"validation_size": 65})"),
       "bad.json:2: data.validation_size: 65 asked for, but gaussian_mixture (train) has 64"},
      {"more than there is to test on", over_base(R"("data": {"test_size": 13})"),
       "bad.json:2: data.test_size: 13 asked for, but gaussian_mixture (test) has 12"},
      {"nothing left to train on", over_base(R"("data": {"validation_size": 64})"),
       "bad.json:2: data.validation_size: 64 of the 64 samples of gaussian_mixture (train) leave 0 to train on"},
      {"too little left to train on", over_base(R"("data": {"validation_size": 10, "train_size": 60})"),
       "bad.json:2: data.validation_size: 10 of the 64 samples of gaussian_mixture (train) leave 54 to train on, but train_size "
       "asks for 60"},
      {"sizes whose sum overflows",
       over_base(R"("data": {"validation_size": 9223372036854775807, "train_size": 9223372036854775807})"),
       "bad.json:2: data.train_size: 9223372036854775807 asked for, but gaussian_mixture (train) has 64"},
  });
}

TEST_CASE("models of convolutions are refused where samples are no images", "[program][bad]") {
  for (const std::string model : {"vgg", "resnet_cifar", "wide_resnet", "plain_cnn"}) {
    check({model, "{\"data\": {\"name\": \"gaussian_mixture\", \"features\": 6},\n\"model\": {\"name\": \"" + model + "\"}}",
           "bad.json:2: model.name: convolutions need images, but a sample of this data is a list of 6 numbers; `bnlab list "
           "datasets` says which data are images"});
  }
}

TEST_CASE("a network larger than the machine's memory is refused at once", "[program][bad]") {
  const Scratch scratch;
  scratch.write("bad.json", R"({"data": {"name": "linear_teacher"}, "train": {"loss": "mean_squared_error"},
    "model": {"name": "deep_linear", "depth": 1000, "width": 1048576}})");
  const auto before = scratch.listing();
  const Said said = run({{BNLAB_PROGRAM, "run", "bad.json", "--quiet", "--out", "out"}, scratch.path()});
  // how much the machine has is its own business
  CHECK(said.err.rfind("bnlab: bad.json:2: model: needs 7984 TiB of memory, this machine has ", 0) == 0);
  CHECK(said.code == 2);
  CHECK(scratch.listing() == before);
}

TEST_CASE("pieces that cannot be composed are refused", "[program][bad]") {
  check({
      {"missing", "{\"compose\": [\"base\",\n\"nothere\"]}",
       "bad.json:2: compose[1]: no piece 'nothere' (looked for ./nothere.json, configs/nothere.json, "
       "{top}/configs/nothere.json)"},
      {"a directory",
       "{\"compose\": [\"piece\"]}",
       "bad.json:1: compose[0]: no piece 'piece' (looked for ./piece.json, configs/piece.json, "
       "{top}/configs/piece.json)",
       2,
       {},
       {{"piece.json/x", ""}}},
      {"itself", "{\"compose\": [\"bad\"]}",
       "bad.json:1: compose[0]: composes itself: {dir}/bad.json -> {dir}/bad.json"},
      {"in a circle",
       "{\"compose\": [\"p/one\"]}",
       "./p/two.json:2: compose[0]: composes itself: {dir}/p/one.json -> {dir}/p/two.json -> {dir}/p/one.json",
       2,
       {},
       {{"p/one.json", "{\"compose\": [\"two\"]}"}, {"p/two.json", "{\n\"compose\": [\"../p/one\"]}"}}},
      {"no string", "{\"compose\": [\"base\", 3]}", "bad.json:1: compose[1]: expected the name of a piece, got 3"},
      {"no list", "{\"compose\": \"base\"}", "bad.json:1: compose: expected a list of pieces"},
      {"an error in a piece",
       "{\"compose\": [\"p\"]}",
       "./p.json:3: train.stepz: unknown key; did you mean 'steps'?",
       2,
       {},
       {{"p.json", "{\n\n\"train\": {\"stepz\": 1}}"}}},
      {"a broken piece",
       "{\"compose\": [\"p\"]}",
       "./p.json:2: not valid JSON: unexpected end of input; expected '}'",
       2,
       {},
       {{"p.json", "{\n\"seed\": 1"}}},
  });
}

TEST_CASE("axes that cannot be varied are refused", "[program][bad]") {
  auto vary = [](const std::string& what, const std::string& axes, const std::string& message) {
    return Refused{what, over_base("\"vary\": " + axes), message};
  };
  check({
      vary("no list", "{}", "bad.json:2: vary: expected a list of axes"),
      vary("no axis", "[{}]", "bad.json:2: vary[0]: expected an object with one of the keys arms, grid, zip, seeds, halton, blocks, exclude"),
      vary("two in one", R"([{"grid": {"seed": [1]}, "seeds": [1]}])",
           "bad.json:2: vary[0]: expected an object with one of the keys arms, grid, zip, seeds, halton, blocks, exclude"),
      vary("unknown", "[{\"seeds\": [1]},\n{\"armz\": {}}]",
           "bad.json:3: vary[1].armz: unknown axis; did you mean 'arms'? (known: arms, grid, zip, seeds, halton, blocks, exclude)"),
      vary("empty grid", R"([{"grid": {}}])", "bad.json:2: vary[0].grid: expected an object with at least one entry"),
      vary("grid of no values", R"([{"grid": {"train.steps": []}}])",
           "bad.json:2: vary[0].grid.train.steps: expected a list of values, or {\"from\": 0.001, \"to\": 1, \"count\": 7}"),
      vary("grid of a wrong value", "[{\"grid\": {\"train.steps\": [1, 2], \"train.learning_rate\": [0.1,\n-1]}}]",
           "bad.json:3: train.learning_rate: -1 is out of range; must be at least 0"),
      vary("grid of a nameless norm", R"([{"grid": {"model.norm": [{"name": 3}]}}])",
           "bad.json:2: model.norm.name: expected a string, got 3"),
      vary("unequal zip", "[{\"zip\": {\"train.steps\": [1, 2],\n\"seed\": [1]}}]",
           "bad.json:3: vary[0].zip.seed: has 1 values, the first has 2"),
      vary("no seeds", R"([{"seeds": []}])",
           "bad.json:2: vary[0].seeds: expected a list of integers or {\"from\": 1, \"count\": 8}"),
      vary("a seed that is a word", "[{\"seeds\": [1,\n\"a\"]}]", "bad.json:3: seed: expected an integer, got \"a\""),
      vary("a negative seed", R"([{"seeds": [-1]}])", "bad.json:2: seed: -1 is out of range; must be at least 0"),
      vary("a huge seed", R"([{"seeds": [18446744073709551615]}])",
           "bad.json:2: seed: 18446744073709551615 is too large for a 64-bit integer"),
      vary("seeds without count", R"([{"seeds": {"from": 1}}])",
           "bad.json:2: vary[0].seeds: expected a list of integers or {\"from\": 1, \"count\": 8}"),
      vary("no seed at all", R"([{"seeds": {"from": 1, "count": 0}}])",
           "bad.json:2: vary[0].seeds.count: expected an integer from 1 to 100000, got 0"),
      vary("seeds past the end", R"([{"seeds": {"from": 9223372036854775807, "count": 2}}])",
           "bad.json:2: vary[0].seeds.from: expected an integer from 0 to 1000000000000000, got 9223372036854775807"),
      vary("too many runs", R"([{"seeds": {"from": 0, "count": 100000}}, {"grid": {"train.steps": [1, 2]}}])",
           "bad.json:2: vary: asks for more than 100000 runs"),
      vary("an arm that is no object", R"([{"arms": {"a": 3}}])",
           "bad.json:2: vary[0].arms.a: expected an object of path: value"),
      vary("an arm with an unknown key", "[{\"arms\": {\"a\": {},\n\"b\": {\"train.stepz\": 3}}}]",
           "bad.json:3: train.stepz: unknown key; did you mean 'steps'?"),
      vary(
          "an arm with an unknown norm",
          "[{\"grid\": {\"seed\": [1], \"train.steps\": [1]}}, {\"arms\": {\"a\": {\n\"model.norm\": \"bach_norm\"}}}]",
          "bad.json:3: model.norm: unknown norm 'bach_norm'; did you mean 'batch_norm'? (known: {norms})"),
      vary("an arm with a broken path", "[{\"arms\": {\"a\": {\"train..steps\": 3}}}]",
           "bad.json:2: 'train..steps': empty name in the path"),
      vary("an arm past the end of a list", "[{\"arms\": {\"a\": {\"model.widths[7]\": 3}}}]",
           "bad.json:2: model.widths[7]: there is no model.widths[7]"),
      // found out when the networks are built, and still before the first arm has run
      vary("a second arm that cannot be built", "[{\"arms\": {\"a\": {},\n\"b\": {\"model.placement\": \"skip\"}}}]",
           "bad.json:3: model.placement: this model offers no site 'skip' (it offers: before_weight, before_activation, after_activation, before_classifier)"),
      vary("an arm that varies", R"([{"arms": {"a": {"vary": []}}}])",
           "bad.json:2: vary[0].arms.a.vary: cannot be varied"),
  });
}

TEST_CASE("a --set that cannot be is refused", "[program][bad]") {
  auto set = [](const std::string& assignment, const std::string& message) {
    return Refused{assignment.substr(0, 80), over_base("\"seed\": 1"), message, 2, {"--set", assignment}};
  };
  check({
      set("nonsense", "--set: 'nonsense': expected PATH=VALUE, as in --set train.steps=100"),
      set("=3", "--set: '=3': expected PATH=VALUE, as in --set train.steps=100"),
      set("train.steps.x=3", "--set: train.steps.x: train.steps is not an object"),
      set("train.steps[0]=3", "--set: train.steps[0]: there is no train.steps[0]"),
      set("model.widths[1]=3", "--set: model.widths[1]: there is no model.widths[1]"),
      set("model.widths[x]=3", "--set: model.widths[x]: malformed index '[x]'"),
      set("model.widths[-1]=3", "--set: model.widths[-1]: malformed index '[-1]'"),
      set("model.widths[0=3", "--set: model.widths[0: malformed index '[0'"),
      set("train..steps=1", "--set: 'train..steps': empty name in the path"),
      set("train.stepz=1", "--set: train.stepz: unknown key; did you mean 'steps'?"),
      set("model.norm={\"name\":\"batch_norm\",\"epsilon\":-1}",
          "--set: model.norm.epsilon: -1 is out of range; must be at least 0"),
      set("model.norm.epsilon=1", "--set: model.norm.epsilon: unknown key for norm 'identity' (known: name)"),
      set("train.steps=", "--set: train.steps: expected an integer, got \"\""),
      set("train.steps=1e999", "--set: train.steps: expected an integer, got \"1e999\""),
      set("train.learning_rate=NaN", "--set: train.learning_rate: expected a number, got \"NaN\""),
      set("name=../x", "--set: name: '../x' cannot be a folder; use letters, digits, '.', '_' and '-'"),
      set("notes=\xff", "--set: notes: the value is not UTF-8"),
      set("compose=[\"base\"]", "--set: compose: the pieces are laid before --set; name them in a config"),
      set("train={\"steps\":1,\"steps\":2}",
          "--set:1: steps: written twice (first at --set:1) (in the value of train)"),
      set("seed=" + std::string(60000, '['), "--set:1: nested deeper than 32 levels (in the value of seed)"),
      set(
          [] {
            std::string path = "a";
            for (int i = 0; i < 40; ++i) path += ".a";
            return path;
          }() +
              "=1",
          "--set: a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a....: deeper than 32 levels"),
      {"two lengths of training",
       over_base("\"seed\": 1"),
       "--set: train.steps and train.epochs both say how long to train; give one of them",
       2,
       {"--set", "train.steps=3", "--set", "train.epochs=1"}},
      {"what an arm sets",
       over_base(R"("vary": [{"arms": {"a": {"train.steps": 1}}}])"),
       "--set: train.steps: the arms of this config vary it; --set 'vary=[]' runs the config without them",
       2,
       {"--set", "train.steps=3"}},
      {"a part of what a grid sets", over_base(R"("vary": [{"grid": {"model.norm": ["batch_norm"]}}])"),
       "--set: model.norm.epsilon: an axis of this config sets the whole of model.norm; --set 'vary=[]' runs the config "
       "without it",
       2,
       {"--set", "model.norm.epsilon=1"}},
      {"the length of training that an axis sets in the other unit", over_base(R"("vary": [{"grid": {"train.steps": [1, 2]}}])"),
       "--set: train.epochs: an axis of this config sets train.steps; --set 'vary=[]' runs the config without it",
       2,
       {"--set", "train.epochs=1"}},
      {"what a zip sets",
       over_base(R"("vary": [{"zip": {"seed": [1]}}])"),
       "--set: seed: the zipped values of this config vary it; --set 'vary=[]' runs the config without them",
       2,
       {"--set", "seed=3"}},
  });
}

TEST_CASE("blocks, ranges, Halton points and exclusions that make no sense are refused", "[program][bad]") {
  auto vary = [](const std::string& what, const std::string& axes, const std::string& message) {
    return Refused{what, over_base("\"vary\": " + axes), message};
  };
  check({
      vary("a range without an end", R"([{"grid": {"train.steps": {"from": 1, "count": 3}}}])", "bad.json:2: vary[0].grid.train.steps: expected numbers \"from\" and \"to\""),
      vary("a range of one", R"([{"grid": {"train.steps": {"from": 1, "to": 2, "count": 1}}}])", "bad.json:2: vary[0].grid.train.steps.count: expected an integer from 2 to 100000, got 1"),
      vary("a log range from 0", R"([{"grid": {"train.steps": {"from": 0, "to": 2, "count": 3}}}])", "bad.json:2: vary[0].grid.train.steps: a log scale needs numbers above 0"),
      vary("an unknown scale", R"([{"grid": {"train.steps": {"from": 1, "to": 2, "count": 3, "scale": "lin"}}}])", "bad.json:2: vary[0].grid.train.steps.scale: expected \"log\" or \"linear\""),
      vary("a misspelt count", R"([{"grid": {"train.steps": {"from": 1, "to": 2, "cout": 3}}}])", "bad.json:2: vary[0].grid.train.steps.cout: unknown key; did you mean 'count'? (known: from, to, count, scale)"),
      vary("Halton without ranges", R"([{"halton": {"count": 3}}])", "bad.json:2: vary[0].halton.ranges: expected an object of one to six ranges"),
      vary("blocks of no lists", R"([{"blocks": [{"seeds": [1]}]}])", "bad.json:2: vary[0].blocks[0]: expected a list of axes"),
      vary("an exclusion in a block", R"([{"blocks": [[{"exclude": [{"seed": 1}]}]]}])",
           "bad.json:2: vary[0].blocks[0][0].exclude: stands in the outer list only: what is left out is left out of the whole product"),
      vary("an exclusion of nothing", R"([{"exclude": [{}]}])", "bad.json:2: vary[0].exclude[0]: expected an object of path: value"),
  });
}
