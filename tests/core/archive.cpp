// Checkpoint files: what is written comes back; a file that is damaged or lies is a DataError before anything is made of it.
#include "core/archive.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "experiment/checkpoint.h"
#include "probes/units.h"
#include "support/scratch.h"

using namespace bnlab;
using bnlab::testing::Scratch;

namespace {

// A safetensors file of this header, and bytes behind it.
std::string file_of(const std::string& header, size_t bytes, uint64_t length = 0) {
  if (length == 0) length = header.size();
  std::string out(sizeof length, '\0');
  std::memcpy(out.data(), &length, sizeof length);
  return out + header + std::string(bytes, '\0');
}

void refused(const std::string& content, const std::string& message) {
  const Scratch scratch;
  const std::string path = scratch.write("x", content);
  INFO(content.substr(std::min<size_t>(8, content.size()), 200));
  CHECK_THROWS_WITH(read_safetensors(path), path + ": " + message);
  CHECK_THROWS_AS(read_safetensors(path), DataError);
}

// Something with a state.
struct Thing {
  double number = 1.5;
  int64_t integer = -7;
  std::vector<float> list{1, 2, 3};
  std::map<std::string, double> numbers{{"a", 1}, {"b/c", 2}};
  void archive(Archive& archive) {
    archive.number("number", number), archive.integer("integer", integer);
    archive.scope("deeper", [&] { archive.list("list", list), archive.numbers("numbers", numbers); });
  }
};

Archive reading(const std::string& path) { return {path, read_safetensors(path)}; }

}  // namespace

TEST_CASE("archive: what is written comes back", "[archive]") {
  const Scratch scratch;
  Thing one;
  one.number = 0.1, one.integer = (int64_t{1} << 53) - 1, one.list = {}, one.numbers["d"] = -0.0;
  Archive writing;
  one.archive(writing);
  writing.save(scratch.path("x"), {{"step", "3"}});
  Thing other;
  Archive back = reading(scratch.path("x"));
  other.archive(back);
  CHECK(other.number == one.number);
  CHECK(other.integer == one.integer);
  CHECK(other.list.empty());
  CHECK(other.numbers == one.numbers);
  std::map<std::string, std::string> metadata;
  read_safetensors(scratch.path("x"), &metadata);
  CHECK(metadata == std::map<std::string, std::string>{{"step", "3"}});
}

TEST_CASE("archive: what is not there, or of another kind, is named", "[archive]") {
  const Scratch scratch;
  const std::string path = scratch.write("x", file_of(R"({"n":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"i":{"dtype":"I64","shape":[2],"data_offsets":[8,24]}})", 23) + "\x7f");
  Archive archive = reading(path);
  double number = 0;
  int64_t integer = 0;
  CHECK_THROWS_WITH(archive.number("m", number), path + ": has no 'm'");
  CHECK_THROWS_WITH(archive.integer("n", integer), path + ": 'n' is F64, expected I64");
  CHECK_THROWS_WITH(archive.number("i", number), path + ": 'i' has 2 values, 1 are needed");
  std::vector<int64_t> integers;
  CHECK_THROWS_WITH(archive.list("i", integers), Catch::Contains("'i' has 9.1") && Catch::Contains("which nothing here counts to"));
  Units units;
  CHECK_THROWS_AS(units.archive(archive), DataError);
}

TEST_CASE("archive: sizes that do not fit each other are refused", "[archive]") {
  const Scratch scratch;
  Units units;
  units.rows = 2, units.count = 3, units.sorted.resize(6), units.mean.resize(3), units.variance.resize(3), units.skewness.resize(3);
  auto saved = [&](const Units& all) {
    Units copy = all;
    Archive writing;
    copy.archive(writing);
    writing.save(scratch.path("x"), {});
    Archive back = reading(scratch.path("x"));
    Units read;
    read.archive(back);
    return read;
  };
  CHECK(saved(units).sorted.size() == 6);
  CHECK(saved(Units{}).empty());
  for (int k = 0; k < 4; ++k) {
    Units lies = units;
    if (k == 0) lies.rows = 3;
    if (k == 1) lies.count = -3;
    if (k == 2) lies.mean.resize(2);
    if (k == 3) lies.rows = int64_t{1} << 40, lies.count = int64_t{1} << 40;
    CHECK_THROWS_WITH(saved(lies), Catch::Contains("sizes that do not fit"));
  }
  Units other = units;
  other.count = 2;
  CHECK_THROWS_WITH(shift(units, other), Catch::Contains("an earlier look has 2 x 2 values, this one 3 x 2; is the checkpoint of another network?"));
}

TEST_CASE("safetensors: a file that is damaged or lies is refused before anything is made of it", "[archive]") {
  auto tensor = [](const std::string& rest) { return "{\"t\":{" + rest + "}}"; };
  refused("1234567", "too short for a safetensors file");
  refused(file_of("{}", 0, 3), "the header's length does not fit the file");
  refused(file_of("{}", 0, uint64_t{1} << 62), "the header's length does not fit the file");
  refused(file_of("[]", 0), "the header is not a JSON object");
  refused(file_of("{", 0), "the header is not a JSON object");
  refused(file_of(tensor(""), 8), "tensor 't': needs dtype, shape and data_offsets");
  refused(file_of(tensor(R"("dtype":"F16","shape":[1],"data_offsets":[0,2])"), 8), "tensor 't': dtype F16 is not read here");
  refused(file_of(tensor(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"), 8), "tensor 't': impossible shape");
  refused(file_of(tensor(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])"), 8), "tensor 't': impossible shape");
  refused(file_of(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,"4"])"), 8), "tensor 't': malformed data_offsets");
  refused(file_of(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[8,16])"), 8), "tensor 't': data_offsets 8..16 do not fit");
  refused(file_of(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), 8), "tensor 't': data_offsets 0..4 do not fit");
  // a thousand names of the same bytes would be a thousand times the file
  refused(file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8), "tensor 'b': lies over another one");
}

TEST_CASE("checkpoints: the newest that can be read is taken, those before and those of other configs are named or go", "[archive]") {
  const Scratch scratch;
  Thing thing;
  CheckpointConfig config;
  config.every = 2, config.keep_last = 2, config.keep_every = 6, config.seconds = 0;
  auto checkpoints = [&](const std::string& identity) { return Checkpoints(config, scratch.path(), identity, [&](Archive& archive) { thing.archive(archive); }); };
  Checkpoints writing = checkpoints("mine");
  for (int64_t step = 0; step <= 17; ++step) {
    thing.integer = step;
    writing.between_steps(step);
  }
  const std::string folder = "checkpoints/step-0000000000";
  CHECK(scratch.listing() == std::set<std::string>{"checkpoints", folder + "06.safetensors", folder + "12.safetensors", folder + "14.safetensors", folder + "16.safetensors"});
  std::vector<std::string> complaints;
  CHECK(checkpoints("mine").resume(complaints) == 16);
  CHECK(thing.integer == 16);
  CHECK(complaints.empty());
  scratch.write(folder + "16.safetensors", scratch.read(folder + "16.safetensors").substr(0, 300));
  CHECK(checkpoints("mine").resume(complaints) == 14);
  CHECK(thing.integer == 14);
  REQUIRE(complaints.size() == 1);
  CHECK_THAT(complaints[0], Catch::Contains("16.safetensors: "));
  complaints.clear();
  CHECK_FALSE(checkpoints("another's").resume(complaints));
  REQUIRE(complaints.size() == 4);
  CHECK_THAT(complaints[1], Catch::Contains("14.safetensors: is of another config"));
  writing.finish();
  CHECK(scratch.listing() == std::set<std::string>{"checkpoints", folder + "06.safetensors", folder + "12.safetensors"});
}

TEST_CASE("checkpoints: a CSV that has lost its end is not gone on with", "[archive]") {
  const Scratch scratch;
  {
    CsvFile file(scratch.path("x.csv"), "a");
    file.line("1"), file.line("2");
    Archive writing;
    file.archive(writing, "bytes");
    writing.save(scratch.path("x"), {});
    file.line("3");
  }
  CHECK(scratch.read("x.csv") == "a\n1\n2\n3\n");
  {
    CsvFile file(scratch.path("x.csv"), "a");
    Archive back = reading(scratch.path("x"));
    file.archive(back, "bytes");
  }
  CHECK(scratch.read("x.csv") == "a\n1\n2\n");
  scratch.write("x.csv", "a\n1\n");
  CsvFile file(scratch.path("x.csv"), "a");
  Archive back = reading(scratch.path("x"));
  CHECK_THROWS_WITH(file.archive(back, "bytes"), scratch.path("x.csv") + ": has lost its end: 4 bytes of 6 are there");
  const std::string below = scratch.write("below", file_of(R"({"bytes":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", 0) + std::string(8, '\xff'));
  Archive negative = reading(below);
  CHECK_THROWS_WITH(file.archive(negative, "bytes"), Catch::Contains("bytes is below 0"));
}
