// Documents: what merging and --set make of them, and where each value was written.
#include "core/document.h"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "core/error.h"

using namespace bnlab;

namespace {

Document parsed(const std::string& text, const std::string& name = "x.json") { return Document::parse(text, name); }

std::string merged(const std::string& base, const std::string& over) {
  Document document = parsed(base);
  document.merge(parsed(over));
  return document.root().dump();
}

std::string with(const std::string& text, const std::string& assignment) {
  Document document = parsed(text);
  document.set(assignment);
  return document.root().dump();
}

}  // namespace

TEST_CASE("every value has the line on which it stands", "[document]") {
  const Document document = parsed(
      "{\n"                                   // 1
      "  // a comment with \"text\": 1\n"     // 2
      "  /* one of\n"                         // 3
      "     two lines */ \"text\": \"x\",\n"  // 4
      "  \"integer\": 1,  // behind it\n"     // 5
      "  \"negative\": -1\n"                  // 6
      "  ,\n"                                 // 7
      "  \"number\": 1.5e3 /* before\n"       // 8
      "  the comma */, \"yes\": true,\n"      // 9
      "  \"nothing\": null,\n"                // 10
      "  \"late\":\n"                         // 11
      "    7,\n"                              // 12
      "  \"list\": [\n"                       // 13
      "    1,\n"                              // 14
      "    {\"a\": \"\\n\"}\n"                // 15
      "  ],\n"                                // 16
      "  \"object\": {\n"                     // 17
      "    \"inner\": [[],\n"                 // 18
      "      2]}, \"last\":\n"                // 19
      "3}");                                  // 20
  const std::vector<std::pair<std::string, int>> expected{
      {"text", 4},       {"integer", 5}, {"negative", 6},      {"number", 8},           {"yes", 9},
      {"nothing", 10},   {"late", 12},   {"list", 13},         {"list[0]", 14},         {"list[1]", 15},
      {"list[1].a", 15}, {"object", 17}, {"object.inner", 18}, {"object.inner[0]", 18}, {"object.inner[1]", 19},
      {"last", 20}};
  for (const auto& [path, line] : expected) CHECK(document.where(path) == "x.json:" + std::to_string(line));
}

TEST_CASE("lines are counted with the line ends of Windows, and from the mark of UTF-8 on", "[document]") {
  const Document document = parsed("\xef\xbb\xbf{\r\n\"a\": 1,\r\n\"b\":\r\n2\r\n}\r\n");
  CHECK(document.where("a") == "x.json:2");
  CHECK(document.where("b") == "x.json:4");
}

TEST_CASE("what was not written is where its nearest ancestor is", "[document]") {
  const Document document = parsed("{\"a\": {\n\"b\": [\n{}]}}");
  CHECK(document.where("a.b[0].c.d") == "x.json:3");
  CHECK(document.where("a.b[7]") == "x.json:2");
  CHECK(document.where("a.z") == "x.json:1");
  CHECK(document.where("z") == "");
  CHECK(document.explain("a.b", "is wrong") == "x.json:2: a.b: is wrong");
  CHECK(document.explain("z", "is wrong") == "z: is wrong");
  CHECK(document.explain("", "is wrong") == "is wrong");
}

TEST_CASE("merging: objects are laid over each other, everything else is replaced", "[document]") {
  CHECK(merged(R"({"a": 1, "b": {"c": 2, "d": 3}})", R"({"b": {"d": 4, "e": 5}, "f": 6})") ==
        R"({"a":1,"b":{"c":2,"d":4,"e":5},"f":6})");
  CHECK(merged(R"({"a": [1, 2, 3]})", R"({"a": [4]})") == R"({"a":[4]})");
  CHECK(merged(R"({"a": {"b": 1}})", R"({"a": null})") == R"({"a":null})");
  CHECK(merged(R"({"a": {"b": 1}})", R"({"a": 2})") == R"({"a":2})");
  CHECK(merged(R"({"a": 2})", R"({"a": {"b": 1}})") == R"({"a":{"b":1}})");
  CHECK(merged(R"({"a": 1})", "{}") == R"({"a":1})");
}

TEST_CASE("merging: a name is short for an object with that name", "[document]") {
  CHECK(merged(R"({"model": {"norm": "batch_norm"}})", R"({"model": {"norm": {"epsilon": 1}}})") ==
        R"({"model":{"norm":{"name":"batch_norm","epsilon":1}}})");
  CHECK(merged(R"({"model": {"norm": {"name": "batch_norm", "epsilon": 1}}})",
               R"({"model": {"norm": "batch_norm"}})") == R"({"model":{"norm":{"name":"batch_norm","epsilon":1}}})");
  CHECK(merged(R"({"model": {"norm": {"name": "batch_norm", "epsilon": 1}}})",
               R"({"model": {"norm": "layer_norm"}})") == R"({"model":{"norm":"layer_norm"}})");
}

TEST_CASE("merging: what names another thing starts afresh, but a section keeps what is its own", "[document]") {
  CHECK(merged(R"({"model": {"norm": {"name": "group_norm", "groups": 2}}})",
               R"({"model": {"norm": {"name": "layer_norm", "epsilon": 1}}})") ==
        R"({"model":{"norm":{"name":"layer_norm","epsilon":1}}})");
  CHECK(merged(R"({"model": {"norm": {"name": "group_norm", "groups": 2}}})",
               R"({"model": {"norm": {"name": "group_norm", "epsilon": 1}}})") ==
        R"({"model":{"norm":{"name":"group_norm","groups":2,"epsilon":1}}})");
  CHECK(merged(R"({"data": {"name": "mnist", "train_size": 9}})", R"({"data": {"name": "textures"}})") ==
        R"({"data":{"name":"textures","train_size":9}})");
}

TEST_CASE("merging: a value is where the last one who wrote it wrote it", "[document]") {
  Document document = parsed("{\"a\": 1,\n\"b\": 2}", "base.json");
  document.merge(parsed("{\n\n\"b\": 3}", "over.json"));
  CHECK(document.where("a") == "base.json:1");
  CHECK(document.where("b") == "over.json:3");
}

TEST_CASE("the option --set takes JSON, and a string where it is none", "[document]") {
  CHECK(with("{}", "a=1") == R"({"a":1})");
  CHECK(with("{}", "a=1e3") == R"({"a":1000.0})");
  CHECK(with("{}", "a=true") == R"({"a":true})");
  CHECK(with("{}", "a=null") == R"({"a":null})");
  CHECK(with("{}", "a=[1, 2]") == R"({"a":[1,2]})");
  CHECK(with("{}", R"(a={"b": "c"})") == R"({"a":{"b":"c"}})");
  CHECK(with("{}", "a=tanh") == R"({"a":"tanh"})");
  CHECK(with("{}", "a=\"1\"") == R"({"a":"1"})");
  CHECK(with("{}", "a=b=c") == R"({"a":"b=c"})");
  CHECK(with("{}", "a=") == R"({"a":""})");
}

TEST_CASE("the option --set reaches into objects and lists", "[document]") {
  CHECK(with(R"({"a": {"b": 1, "c": 2}})", "a.b=3") == R"({"a":{"b":3,"c":2}})");
  CHECK(with("{}", "a.b.c=3") == R"({"a":{"b":{"c":3}}})");
  CHECK(with(R"({"a": null})", "a.b=3") == R"({"a":{"b":3}})");
  CHECK(with(R"({"a": [1, {"b": [2, 3]}]})", "a[1].b[0]=9") == R"({"a":[1,{"b":[9,3]}]})");
  CHECK(with(R"({"norm": "batch_norm"})", "norm.epsilon=1") == R"({"norm":{"name":"batch_norm","epsilon":1}})");
  CHECK(with(R"({"model": {"norm": {"name": "group_norm", "groups": 2}}})", "model.norm.name=layer_norm") ==
        R"({"model":{"norm":{"name":"layer_norm"}}})");
  CHECK(with(R"({"model": {"norm": {"name": "group_norm", "groups": 2}}})", "model.norm.name=group_norm") ==
        R"({"model":{"norm":{"name":"group_norm","groups":2}}})");
  CHECK(with(R"({"data": {"name": "mnist", "train_size": 9}})", "data.name=textures") ==
        R"({"data":{"name":"textures","train_size":9}})");
}

TEST_CASE("the option --set is where its value comes from, and all within it", "[document]") {
  Document document = parsed("{\"a\": {\n\"b\": {\"c\": 1},\n\"bc\": 2}}");
  document.set("a.b={\"c\": 3}");
  CHECK(document.where("a.b") == "--set");
  CHECK(document.where("a.b.c") == "--set");  // not line 2, where another c stood
  CHECK(document.where("a.bc") == "x.json:3");
}

TEST_CASE("a copy of a document does not see what is set in the original", "[document]") {
  Document one = parsed(R"({"a": 1})");
  const Document two = one;
  one.set("a=2");
  CHECK(two.root().dump() == R"({"a":1})");
  CHECK(two.where("a") == "x.json:1");
  Document three = one;
  three.erase("a");
  CHECK(one.root().dump() == R"({"a":2})");
}

TEST_CASE("values are found by their path, and taken away", "[document]") {
  Document document = parsed(R"({"a": {"b": {"c": 1}}, "d": 2})");
  REQUIRE(document.find("a.b.c"));
  CHECK(*document.find("a.b.c") == 1);
  const Document lists = parsed(R"({"a": [1, {"b": [2, 3]}]})");
  REQUIRE(lists.find("a[1].b[0]"));
  CHECK(*lists.find("a[1].b[0]") == 2);
  for (const char* path : {"a[2]", "a[]", "a[-1]", "a[x]", "a[0", "a[1].b[2]", "[0]", "a.b"})
    CHECK(lists.find(path) == nullptr);
  for (const char* path : {"a.c", "d.e", "a.b.c.d", "z", ""}) CHECK(document.find(path) == nullptr);
  document.erase("a.b.c");
  document.erase("d.e");
  document.erase("z.z");
  CHECK(document.root().dump() == R"({"a":{"b":{}},"d":2})");
}
