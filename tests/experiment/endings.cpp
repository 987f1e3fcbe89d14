// What trained runs still have to do, done behind the next ones.
#include "experiment/endings.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "support/scratch.h"

using namespace bnlab;
using bnlab::testing::Scratch;

TEST_CASE("endings: each run is completed once, in order, before they are gone", "[experiment]") {
  const Scratch scratch;
  std::vector<int> order;
  int failed = 0;
  {
    Endings endings;
    for (int i = 0; i < 300; ++i) endings.add({scratch.path(), [&order, i] { order.push_back(i); }, [&](const std::string&) { ++failed; }});
  }
  CHECK(failed == 0);
  REQUIRE(order.size() == 300);
  for (int i = 0; i < 300; ++i) CHECK(order[static_cast<size_t>(i)] == i);
}

TEST_CASE("endings: a run that cannot be settled fails, and says why", "[experiment]") {
  const Scratch scratch;
  std::atomic<int> completed = 0;
  std::vector<std::string> why;
  {
    Endings endings;
    endings.add({scratch.path(), [] { throw std::runtime_error("the status cannot be written"); }, [&](const std::string& text) { why.push_back(text); }});
    endings.add({scratch.path(), [&] { ++completed; }, [&](const std::string& text) { why.push_back(text); }});
  }
  CHECK(completed == 1);
  REQUIRE(why.size() == 1);
  CHECK(why[0] == "the status cannot be written");
  {
    Endings endings;
    endings.add({scratch.path() + "/gone", [&] { ++completed; }, [&](const std::string& text) { why.push_back(text); }});
  }
  CHECK(completed == 1);
  REQUIRE(why.size() == 2);
  CHECK(why[1].find("/gone: cannot write: No such file or directory") != std::string::npos);
}
