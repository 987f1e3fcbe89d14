// CSV read back: what RFC 4180 allows, what a killed process leaves, and what is refused, with file and line.
#include "core/csv.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "support/scratch.h"

using namespace bnlab;
using Catch::Matchers::Message;

namespace {

std::vector<std::vector<std::string>> cells(const std::string& text) {
  const Csv csv(text, "a.csv");
  std::vector<std::vector<std::string>> out{{csv.columns().begin(), csv.columns().end()}};
  for (size_t row = 0; row < csv.rows(); ++row) {
    out.emplace_back();
    for (size_t column = 0; column < csv.columns().size(); ++column) out.back().emplace_back(csv.text(row, column));
  }
  return out;
}
using Cells = std::vector<std::vector<std::string>>;

std::string refusal(const std::string& text) {
  try {
    const Csv csv(text, "a.csv");
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("csv: fields, quotes, doubled quotes, breaks inside quotes, either end of line", "[csv]") {
  CHECK(cells("a,b\n1,2\n,\n") == Cells{{"a", "b"}, {"1", "2"}, {"", ""}});
  CHECK(cells("a,b\r\n1,2\r\n") == Cells{{"a", "b"}, {"1", "2"}});
  CHECK(cells("a,b\n\"1,5\",\"\"\n") == Cells{{"a", "b"}, {"1,5", ""}});
  CHECK(cells("a,b\n\"say \"\"no\"\"\",\"two\nlines\"\n3,4\n") == Cells{{"a", "b"}, {"say \"no\"", "two\nlines"}, {"3", "4"}});
  CHECK(cells("\"a,b\"\nx\n\n") == Cells{{"a,b"}, {"x"}, {""}});
}

TEST_CASE("csv: what csv_field writes comes back", "[csv]") {
  for (const std::string field : {"", "plain", "a,b", "\"", "\"\"", "two\nlines", "\r\n", "a\"b,c\nd\re"}) {
    CHECK(cells("x,y\n" + csv_field(field) + ",1\n") == Cells{{"x", "y"}, {field, "1"}});
  }
}

TEST_CASE("csv: a torn last line is not there, wherever it was torn", "[csv]") {
  const std::string whole = "step,note\n1,\"a, \"\"b\"\"\"\r\n2,x\r\n";
  const size_t first = whole.find('\n') + 1, second = whole.find('\n', first) + 1;
  for (size_t length = 0; length <= whole.size(); ++length) {
    INFO(length);
    const Csv csv(whole.substr(0, length), "a.csv");
    CHECK(csv.columns().size() == (length < first ? 0 : 2));
    const size_t rows = length == whole.size() ? 2 : length >= second ? 1 : 0;
    CHECK(csv.rows() == rows);
  }
}

TEST_CASE("csv: what is malformed is named with its line", "[csv]") {
  CHECK(refusal("a,b\n1,2\n3\n4,5\n") == "a.csv:3: 1 fields, the heading has 2");
  CHECK(refusal("a,b\n1,2,3\n") == "a.csv:2: 3 fields, the heading has 2");
  CHECK(refusal("a,b\n\n1,2\n") == "a.csv:2: 1 fields, the heading has 2");
  CHECK(refusal("a,b\n\"x\ny\",2\n3\n") == "a.csv:4: 1 fields, the heading has 2");
  CHECK(refusal("a,b\n1\"2,3\n") == "a.csv:2: a quote inside a field that does not begin with one");
  CHECK(refusal("a,b\n\"1\"2,3\n") == "a.csv:2: something else than a comma behind a closing quote");
  CHECK(refusal("a,b\n1,\"2\n3,4\n5,6\n") == "a.csv:2: a quote that is never closed");
  CHECK(refusal("a,b\n1\r2,3\n") == "a.csv:2: a control character outside quotes");
  CHECK(refusal(std::string("a,b\n\0\0\0\0,2\n", 11)) == "a.csv:2: a control character outside quotes");
  CHECK(refusal("a,b,a\n1,2,3\n") == "a.csv:1: the column 'a' is there twice");
}

TEST_CASE("csv: numbers are read whole, or named with their line", "[csv]") {
  const Csv csv("a,b\n0.1,nan\n-inf,1e-320\n12x,\n", "a.csv");
  CHECK(csv.number(0, 0) == 0.1);
  CHECK(std::isnan(csv.number(0, 1)));
  CHECK(csv.number(1, 0) == -INFINITY);
  CHECK(csv.number(1, 1) == 1e-320);
  CHECK_THROWS_MATCHES(csv.number(2, 0), DataError, Message("a.csv:4: a: '12x' is no number"));
  CHECK_THROWS_MATCHES(csv.number(2, 1), DataError, Message("a.csv:4: b: '' is no number"));
  CHECK(csv.column("b") == 1);
  CHECK_FALSE(csv.find("c"));
  CHECK_THROWS_MATCHES(csv.column("c"), DataError, Message("a.csv: has no column 'c' (known: a, b)"));
}

TEST_CASE("csv: a table that is moved still shows its fields", "[csv]") {
  Csv csv("a\nx\n", "a.csv");
  const Csv moved = std::move(csv);
  CHECK(moved.text(0, 0) == "x");
  const testing::Scratch scratch;
  CHECK(Csv::read(scratch.write("t.csv", "a,b\n1,2\n3")).rows() == 1);
  CHECK_THROWS_MATCHES(Csv::read("nowhere.csv"), DataError, Message("nowhere.csv: there is no such file"));
}
