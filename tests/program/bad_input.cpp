// The text of a config: what is no JSON, and JSON that says what no config can say.
#include <unistd.h>

#include "program/refused.h"

using namespace bnlab::testing;

TEST_CASE("what is no JSON is refused with its line", "[program][bad]") {
  std::string binary = "\x89PNG";
  binary += std::string(3, '\0');
  check({
      {"empty", "", "bad.json:1: not valid JSON: unexpected end of input; expected '[', '{', or a literal"},
      {"blank", "\n \n", "bad.json:2: not valid JSON: unexpected end of input; expected '[', '{', or a literal"},
      {"only a comment", "// nothing\n",
       "bad.json:1: not valid JSON: unexpected end of input; expected '[', '{', or a literal"},
      {"cut short", "{\"train\": {\n\"steps\": 1\n",
       "bad.json:2: not valid JSON: unexpected end of input; expected '}'"},
      {"comma too many", "{\"train\": {\"steps\": 1,\n}}",
       "bad.json:2: not valid JSON: unexpected '}'; expected string literal; is the comma before it one too many?"},
      {"comma too many, list", "{\"model\": {\"widths\": [1, ]}}",
       "bad.json:1: not valid JSON: unexpected ']'; expected '[', '{', or a literal; is the comma before it one too "
       "many?"},
      {"comma missing", "{\"seed\": 1\n\"name\": \"x\"}",
       "bad.json:2: not valid JSON: unexpected string literal; expected '}'"},
      {"colon missing", "{\"seed\" 1}", "bad.json:1: not valid JSON: unexpected number literal; expected ':'"},
      {"bracket of the other kind", "{\"seed\": 1]", "bad.json:1: not valid JSON: unexpected ']'; expected '}'"},
      {"string open at the line's end", "{\"name\": \"abc}\n}\n",
       "bad.json:1: not valid JSON: this string is not closed on its line"},
      {"string open at the file's end", "{\"name\": \"abc",
       "bad.json:1: not valid JSON: invalid string: missing closing quote; last read: '\"abc'"},
      {"unknown escape", R"({"name": "\x"})",
       R"(bad.json:1: not valid JSON: invalid string: forbidden character after backslash; last read: '"\x')"},
      {"comment left open", "{\"seed\": 1 /* abc }",
       "bad.json:1: not valid JSON: invalid comment; missing closing '*/'; last read: '1 /* abc }'; expected '}'"},
      {"single quotes", "{'name': 1}",
       "bad.json:1: not valid JSON: invalid literal; last read: '{''; expected string literal"},
      {"NaN", "{\"seed\": NaN}", "bad.json:1: not valid JSON: invalid literal; last read: '\"seed\": N'"},
      {"Infinity", "{\"seed\": Infinity}", "bad.json:1: not valid JSON: invalid literal; last read: '\"seed\": I'"},
      {"minus Infinity", "{\"seed\": -Infinity}",
       "bad.json:1: not valid JSON: invalid number; expected digit after '-'; last read: '-I'"},
      {"beyond a double", "{\"train\":\n{\"learning_rate\": 1e999}}",
       "bad.json:2: not valid JSON: number overflow parsing '1e999'"},
      {"half a number", "{\"seed\": 1.\n}",
       "bad.json:1: not valid JSON: invalid number; expected digit after '.'; last read: '1.<U+000A>'"},
      {"half a word", "{\"seed\": tru\n}",
       "bad.json:1: not valid JSON: invalid literal; last read: '\"seed\": tru<U+000A>'"},
      {"something behind it", "{\"seed\": 1}\n{\"seed\": 2}",
       "bad.json:2: not valid JSON: unexpected '{'; expected end of input"},
      {"half a byte order mark", "\xef\xbb{",
       "bad.json:1: not valid JSON: invalid BOM; must be 0xEF 0xBB 0xBF if given"},
      {"only a byte order mark", "\xef\xbb\xbf",
       "bad.json:1: not valid JSON: unexpected end of input; expected '[', '{', or a literal"},
      {"not UTF-8", "{\"name\": \"\xff\"}", "bad.json:1: not valid JSON: invalid string: ill-formed UTF-8 byte"},
      {"binary", "\x89PNG\r\n", "bad.json:1: not valid JSON: invalid literal"},
      {"binary with zeros", "\n" + binary, "bad.json:2: a zero byte; this is no text in UTF-8"},
      {"a zero byte behind it", std::string("{\"seed\": 1}\n\0trash", 18),
       "bad.json:2: a zero byte; this is no text in UTF-8"},
      {"1000 lists deep", "{\"a\": " + std::string(1000, '[') + std::string(1000, ']') + "}",
       "bad.json:1: nested deeper than 32 levels"},
      {"33 levels deep", "{\"a\": " + std::string(32, '[') + std::string(32, ']') + "}",
       "bad.json:1: nested deeper than 32 levels"},
      {"5 MiB", "{\"notes\": \"" + std::string(5 << 20, 'x') + "\"}", "bad.json: larger than 4 MiB; this is no config"},
  });
}

TEST_CASE("a config that is no object is refused", "[program][bad]") {
  for (const char* text : {"[1]", "3", "\"x\"", "null", "true"}) {
    check({text, text, "bad.json:1: expected an object { ... } at the top"});
  }
}

TEST_CASE("a config that cannot be read is refused", "[program][bad]") {
  check({
      {"missing", "", "none.json: No such file or directory", 2, {}, {}, {"run", "none.json", "--out", "out"}},
      {"a directory",
       "",
       "pieces: is a directory, expected a file",
       2,
       {},
       {{"pieces/a.json", "{}"}},
       {"run", "pieces", "--out", "out"}},
      {"no directory on the way",
       "",
       "base.json/x.json: Not a directory",
       2,
       {},
       {},
       {"run", "base.json/x.json", "--out", "out"}},
      {"a name too long",
       "",
       std::string(300, 'x') + ": File name too long",
       2,
       {},
       {},
       {"run", std::string(300, 'x'), "--out", "out"}},
      {"without end",
       "",
       "/dev/zero: larger than 4 MiB; this is no config",
       2,
       {},
       {},
       {"run", "/dev/zero", "--out", "out"}},
  });
}

TEST_CASE("a config without permission to read it is refused", "[program][bad]") {
  if (::geteuid() == 0) {
    WARN("skipped: root may read everything");
    return;
  }
  const Scratch scratch;
  scratch.write("hidden/bad.json", "{}");
  std::filesystem::permissions(scratch.path("hidden/bad.json"), std::filesystem::perms::none);
  CHECK(run({{BNLAB_PROGRAM, "run", "hidden/bad.json"}, scratch.path()}).err ==
        "bnlab: hidden/bad.json: Permission denied\n");
  std::filesystem::permissions(scratch.path("hidden"), std::filesystem::perms::none);
  CHECK(run({{BNLAB_PROGRAM, "run", "hidden/bad.json"}, scratch.path()}).err ==
        "bnlab: hidden/bad.json: Permission denied\n");
  std::filesystem::permissions(scratch.path("hidden"), std::filesystem::perms::owner_all);
}

TEST_CASE("an unknown key is refused with the nearest known one", "[program][bad]") {
  check({
      {"at the top", over_base(R"("trian": {})"), "bad.json:2: trian: unknown key; did you mean 'train'?"},
      {"nested", over_base("\"train\": {\n\"stepz\": 3}"),
       "bad.json:3: train.stepz: unknown key; did you mean 'steps'?"},
      {"nothing near", over_base(R"("engine": {"zzzzzz": 1})"),
       "bad.json:2: engine.zzzzzz: unknown key (known: precision, threads, convolution, flush_denormals)"},
      {"in a norm's options", over_base("\"model\": {\"norm\": {\"name\": \"batch_norm\",\n\"epsilom\": 1}}"),
       "bad.json:3: model.norm.epsilom: unknown key; did you mean 'epsilon'?"},
      {"another norm's option", over_base(R"("model": {"norm": {"name": "layer_norm", "groups": 3}})"),
       "bad.json:2: model.norm.groups: unknown key for norm 'layer_norm' (known: name, affine, epsilon)"},
      {"in a probe", over_base(R"("probes": {"distribution": {"evry": 1}})"),
       "bad.json:2: probes.distribution.evry: unknown key; did you mean 'every'?"},
      {"in a list", over_base("\"train\": {\"groups\": [{},\n{\"mach\": \"*\"}]}"),
       "bad.json:3: train.groups[1].mach: unknown key; did you mean 'match'?"},
      {"another model's", over_base(R"("model": {"name": "deep_linear"})"),
       "./base.json:2: model.widths: unknown key; did you mean 'width'?"},
      {"in the fallback", over_base(R"("data": {"fallback": {"name": "textures", "sizee": 32}})"),
       "bad.json:2: data.fallback.sizee: unknown key; did you mean 'size'?"},
  });
}

TEST_CASE("a key written twice is refused with both lines", "[program][bad]") {
  check({
      {"nested", "{\"train\": {\n\"steps\": 1,\n\n\"steps\": 1}}",
       "bad.json:4: train.steps: written twice (first at bad.json:2)"},
      {"at the top", "{\"name\": \"a\",\n\"name\": \"b\"}", "bad.json:2: name: written twice (first at bad.json:1)"},
      {"in a list", "{\"train\": {\"groups\": [{\"match\": \"*\",\n\"match\": \"*\"}]}}",
       "bad.json:2: train.groups[0].match: written twice (first at bad.json:1)"},
  });
}

TEST_CASE("a value of the wrong type is refused", "[program][bad]") {
  auto train = [](const std::string& body) { return over_base("\"train\": {" + body + "}"); };
  check({
      {"boolean", train(R"("nesterov": 0)"), "bad.json:2: train.nesterov: expected true or false, got 0"},
      {"integer", train(R"("steps": "many")"), "bad.json:2: train.steps: expected an integer, got \"many\""},
      {"whole", train(R"("steps": 1.5)"), "bad.json:2: train.steps: expected an integer, got 1.5"},
      {"null", train(R"("steps": null)"), "bad.json:2: train.steps: expected an integer, got null"},
      {"number", train(R"("learning_rate": true)"), "bad.json:2: train.learning_rate: expected a number, got true"},
      {"component", train(R"("schedule": 3)"),
       "bad.json:2: train.schedule: expected the name of a schedule or an object {\"name\": ...}, got 3"},
      {"component is not optional", train(R"("loss": null)"),
       "bad.json:2: train.loss: expected the name of a loss or an object {\"name\": ...}, got null"},
      {"list", train(R"("groups": {})"), "bad.json:2: train.groups: expected a list [ ... ], got {}"},
      {"entry of a list", train("\"groups\": [{},\n1]"),
       "bad.json:3: train.groups[1]: expected an object { ... }, got 1"},
      {"string", over_base(R"("name": 3)"), "bad.json:2: name: expected a string, got 3"},
      {"one of some words", over_base(R"("engine": {"precision": 32})"),
       "bad.json:2: engine.precision: expected a string, got 32"},
      {"group, switched off", over_base(R"("data": {"augment": null})"),
       "bad.json:2: data.augment: expected an object { ... }, got null; the default is {\"flip\":false,\"crop_padding\":0}"},
      {"section, by a name", over_base(R"("data": "textures")"),
       "bad.json:2: data: expected an object { ... }, got \"textures\"; write {\"name\":\"textures\"}"},
      {"group", over_base(R"("train": [])"), "bad.json:2: train: expected an object { ... }, got []"},
      {"integers", over_base(R"("model": {"widths": 8})"),
       "bad.json:2: model.widths: expected a list of integers, got 8"},
      {"one of the integers", over_base("\"model\": {\"widths\": [8,\n\"x\"]}"),
       "bad.json:3: model.widths[1]: expected an integer, got \"x\""},
      {"numbers", train(R"("schedule": {"name": "step", "milestones": "0.5"})"),
       "bad.json:2: train.schedule.milestones: expected a list of numbers, got \"0.5\""},
      {"words", over_base(R"("evaluate": {"splits": "train"})"),
       "bad.json:2: evaluate.splits: expected a list of words, got \"train\""},
      {"strings", over_base(R"("model": {"placement": [3]})"),
       "bad.json:2: model.placement.sites[0]: expected a string, got 3"},
      {"name", over_base(R"("model": {"norm": {"name": 3}})"), "bad.json:2: model.norm.name: expected a string, got 3"},
      {"no name", over_base(R"("data": {"fallback": {"features": 3}})"), "bad.json:2: data.fallback: needs a \"name\""},
      {"map", over_base(R"("probes": ["distribution"])"),
       "bad.json:2: probes: expected an object { ... }, got [\"distribution\"]"},
      {"entry of a map", over_base(R"("probes": {"distribution": 3})"),
       "bad.json:2: probes.distribution: expected an object { ... }, got 3"},
      {"cut between characters",
       over_base("\"seed\": \"a" +
                 [] {
                   std::string s;
                   for (int i = 0; i < 40; ++i) s += "\xc3\xa9";
                   return s;
                 }() +
                 "\""),
       "bad.json:2: seed: expected an integer, got \"a" +
           [] {
             std::string s;
             for (int i = 0; i < 27; ++i) s += "\xc3\xa9";
             return s;
           }() +
           "..."},
  });
}

TEST_CASE("a value out of range is refused", "[program][bad]") {
  auto train = [](const std::string& body) { return over_base("\"train\": {" + body + "}"); };
  check({
      {"negative", train(R"("steps": -1)"),
       "bad.json:2: train.steps: -1 is out of range; must be at least 0 and at most 1000000000000"},
      {"negative size", over_base(R"("data": {"train_size": -1})"),
       "bad.json:2: data.train_size: -1 is out of range; must be at least 0"},
      {"a shift the other way", over_base(R"("data": {"augment": {"crop_padding": -1}})"),
       "bad.json:2: data.augment.crop_padding: -1 is out of range; must be at least 0 and at most 1024"},
      {"nothing to a batch", train(R"("batch_size": 0)"),
       "bad.json:2: train.batch_size: 0 is out of range; must be at least 1 and at most 16777216"},
      {"too many to a batch", train(R"("batch_size": 1e8)"),
       "bad.json:2: train.batch_size: 100000000 is out of range; must be at least 1 and at most 16777216"},
      {"half open", train(R"("momentum": 1)"),
       "bad.json:2: train.momentum: 1 is out of range; must be at least 0 and below 1"},
      {"open", train(R"("schedule": {"name": "exponential", "rate": 0})"),
       "bad.json:2: train.schedule.rate: 0 is out of range; must be above 0"},
      {"weights of no length", train(R"("adaptive_clip": {"epsilon": 0})"),
       "bad.json:2: train.adaptive_clip.epsilon: 0 is out of range; must be above 0"},
      {"negative number", train(R"("learning_rate": -0.1)"),
       "bad.json:2: train.learning_rate: -0.1 is out of range; must be at least 0"},
      {"in a list", over_base("\"model\": {\"widths\": [8,\n0]}"),
       "bad.json:3: model.widths[1]: 0 is out of range; must be at least 1 and at most 1048576"},
      {"1e30", train(R"("steps": 1e30)"), "bad.json:2: train.steps: 1e+30 is too large for a 64-bit integer"},
      {"-1e30", train(R"("steps": -1e30)"), "bad.json:2: train.steps: -1e+30 is too small for a 64-bit integer"},
      {"2^64 - 1", train(R"("steps": 18446744073709551615)"),
       "bad.json:2: train.steps: 18446744073709551615 is too large for a 64-bit integer"},
      {"2^63", over_base(R"("seed": 9223372036854775808)"),
       "bad.json:2: seed: 9223372036854775808 is too large for a 64-bit integer"},
      {"unknown word", over_base(R"("engine": {"precision": "quad"})"),
       "bad.json:2: engine.precision: unknown value 'quad' (known: float, double)"},
      {"misspelt word", over_base(R"("evaluate": {"splits": ["trian"]})"),
       "bad.json:2: evaluate.splits[0]: unknown value 'trian'; did you mean 'train'? (known: train, validation, test)"},
      {"no folder", over_base(R"("name": "a/b")"),
       "bad.json:2: name: 'a/b' cannot be a folder; use letters, digits, '.', '_' and '-'"},
      {"the folder above", over_base(R"("name": "..")"),
       "bad.json:2: name: '..' cannot be a folder; use letters, digits, '.', '_' and '-'"},
      {"no name", over_base(R"("name": "")"),
       "bad.json:2: name: '' cannot be a folder; use letters, digits, '.', '_' and '-'"},
  });
}
