// A directory that a run is made in: whatever instant its process was killed at, the next one can begin.
#include "experiment/run_directory.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/files.h"
#include "support/scratch.h"

using namespace bnlab;
using bnlab::testing::Scratch;

TEST_CASE("a run directory that was left half emptied, or half made, is one in which nothing has begun", "[experiment]") {
  const Scratch scratch;
  RunDirectory directory(scratch.path(), RunConfig{}, "base");
  CHECK(directory.claim(false).empty());
  directory.status("running", 3);
  CHECK(directory.claim(false) == "running");
  write_atomically(directory.path() + "/train.csv", "step\n");
  directory.clear();
  CHECK_FALSE(is_file(directory.path() + "/status.json"));
  CHECK_FALSE(is_file(directory.path() + "/train.csv"));
  CHECK(directory.claim(false).empty());
}
