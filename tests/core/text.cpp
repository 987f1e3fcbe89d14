// Words, patterns, numbers and tables as people read them; ranges as they are told.
#include "core/text.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <limits>

#include "core/fields.h"

using namespace bnlab;

TEST_CASE("patterns match as a shell's do", "[text]") {
  for (const auto& [pattern, name] :
       std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                        {"*", ""},
                                                        {"*", "anything/at all"},
                                                        {"a*", "a"},
                                                        {"*/gamma", "hidden1/before_activation/gamma"},
                                                        {"?", "x"},
                                                        {"hidden[12]/*", "hidden2/relu"},
                                                        {"[a-c]", "b"},
                                                        {"[a-cx]", "x"},
                                                        {"[a-]", "-"},
                                                        {"a[b", "a[b"},
                                                        {"*a*b*", "xxaxxbxx"},
                                                        {"*aab", "aaaab"},
                                                        {"**", "x"},
                                                        {"a**", "a"}}) {
    INFO(pattern << " on " << name);
    CHECK(matches(pattern, name));
  }
  for (const auto& [pattern, name] : std::vector<std::pair<std::string, std::string>>{{"", "x"},
                                                                                      {"x", ""},
                                                                                      {"?", ""},
                                                                                      {"?", "xy"},
                                                                                      {"a", "A"},
                                                                                      {"hidden[12]/*", "hidden3/relu"},
                                                                                      {"[a-c]", "d"},
                                                                                      {"[a-c]", ""},
                                                                                      {"[]", "]"},
                                                                                      {"gamma", "hidden1/gamma"},
                                                                                      {"*/gamma", "hidden1/gammas"},
                                                                                      {"a*b", "abc"},
                                                                                      {"hidden1", "hidden11"}}) {
    INFO(pattern << " on " << name);
    CHECK_FALSE(matches(pattern, name));
  }
}

TEST_CASE("a pattern of many stars is answered at once", "[text]") {
  std::string stars;
  for (int i = 0; i < 30; ++i) stars += "*a";
  CHECK_FALSE(matches(stars + "b", std::string(60, 'a')));
  CHECK(matches(stars, std::string(60, 'a')));
}

TEST_CASE("the nearest word is the one meant, and none where none is near", "[text]") {
  const std::vector<std::string> norms{"batch_norm", "layer_norm", "group_norm", "identity"};
  CHECK(nearest("bach_norm", norms) == "batch_norm");    // a letter missing
  CHECK(nearest("batchh_norm", norms) == "batch_norm");  // one too many
  CHECK(nearest("bacth_norm", norms) == "batch_norm");   // two swapped
  CHECK(nearest("layer", norms) == "layer_norm");        // a part of it
  CHECK(nearest("LAYER_NORM", norms) == "layer_norm");   // small and capital letters are one
  CHECK(nearest("softmax", norms) == "");
  CHECK(nearest("", norms) == "");
  CHECK(nearest("x", {}) == "");
  CHECK(nearest("teh", {"the", "ten"}) == "the");  // swapping two is one mistake, not two
  CHECK(did_you_mean("bach_norm", norms) == "; did you mean 'batch_norm'?");
  CHECK(did_you_mean("softmax", norms) == "");
  CHECK(nearest(std::string(1 << 20, 'x'), norms) == "");
}

TEST_CASE("a range is told in words", "[text]") {
  CHECK(at_least(1).text() == "at least 1");
  CHECK(above(0).text() == "above 0");
  CHECK(between(0, 1).text() == "at least 0 and at most 1");
  CHECK(from_below(0, 1).text() == "at least 0 and below 1");
  CHECK(between(1, 1 << 24).text() == "at least 1 and at most 16777216");
  CHECK(Range{-std::numeric_limits<double>::infinity(), 2, false, true}.text() == "below 2");
  CHECK(any().text() == "");
}

TEST_CASE("a range holds its ends as it says, and never NaN", "[text]") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  CHECK(between(0, 1).contains(0));
  CHECK(between(0, 1).contains(1));
  CHECK_FALSE(between(0, 1).contains(1.0000001));
  CHECK_FALSE(above(0).contains(0));
  CHECK(above(0).contains(1e-300));
  CHECK(from_below(0, 1).contains(0));
  CHECK_FALSE(from_below(0, 1).contains(1));
  CHECK(any().contains(-infinity));
  for (const Range& range : {any(), at_least(0), above(0), between(0, 1), from_below(0, 1)})
    CHECK_FALSE(range.contains(nan));
}

TEST_CASE("numbers are the shortest that read back the same", "[text]") {
  CHECK(number(0.1) == "0.1");
  CHECK(number(0.1f) == "0.1");
  CHECK(number(1e300) == "1e+300");
  CHECK(number(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(number(-std::numeric_limits<double>::infinity()) == "-inf");
  CHECK(number(std::numeric_limits<double>::quiet_NaN()) == "nan");
  for (const double value : {1.0 / 3, 2.0 / 3 * 1e-300, 5e-324, 1.7976931348623157e308})
    CHECK(std::strtod(number(value).c_str(), nullptr) == value);
}

TEST_CASE("durations, counts and sizes", "[text]") {
  CHECK(duration(1.24) == "1.2 s");
  CHECK(duration(59.4) == "59 s");
  CHECK(duration(200) == "3 min 20 s");
  CHECK(duration(7500) == "2 h 05 min");
  CHECK(duration(std::numeric_limits<double>::quiet_NaN()) == "-");
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(grouped(-1234) == "-1,234");
  CHECK(grouped(-123) == "-123");
  CHECK(bytes_text(12) == "12 B");
  CHECK(bytes_text(12.3 * 1024 * 1024) == "12.3 MiB");
}

TEST_CASE("a table is aligned: words to the left, numbers to the right", "[text]") {
  CHECK(aligned({{"name", "value", "what"}, {"a", "1", "x"}, {"long", "10.5", "yy"}}) ==
        "name  value  what\n"
        "a         1  x\n"
        "long   10.5  yy\n");
  CHECK(aligned({{"n", "share"}, {"1,000", "3 %"}, {"-", "nan"}}) ==
        "    n  share\n"
        "1,000    3 %\n"
        "    -    nan\n");
  CHECK(aligned({{"only", "a heading"}}) == "only  a heading\n");
  CHECK(aligned({}) == "");
}

TEST_CASE("a list is split where no bracket is open", "[text]") {
  using Words = std::vector<std::string>;
  CHECK(split("a, b ,c", ',') == Words{"a", "b", "c"});
  CHECK(split("", ',') == Words{""});
  CHECK(split(" , ", ',') == Words{"", ""});
  CHECK(split("arm,at(x[a=1,b=2], 3),seed", ',') == Words{"arm", "at(x[a=1,b=2], 3)", "seed"});
}

TEST_CASE("a number is the whole of its text", "[text]") {
  CHECK(to_number("1e-3") == 1e-3);
  CHECK(to_number("-inf") == -std::numeric_limits<double>::infinity());
  for (const char* text : {"", " 1", "1 ", "1,5", "0x10", "one", "1e999"}) CHECK_FALSE(to_number(text));
}
