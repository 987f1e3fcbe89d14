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
  CHECK(is_directory(directory.path() + "/probes"));
  directory.status("running", 3);
  std::filesystem::remove(directory.path() + "/probes");  // as far as emptying may have come, but for the status
  CHECK(directory.claim(false) == "running");
  CHECK(is_directory(directory.path() + "/probes"));
  directory.clear();
  CHECK_FALSE(is_file(directory.path() + "/status.json"));
  CHECK(is_directory(directory.path() + "/probes"));
  CHECK(directory.claim(false).empty());
}
