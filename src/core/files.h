// Files that appear whole, and the few facts about files that others need.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace bnlab {

// Throws ConfigError where there is no such file or it cannot be read (a config is a person's).
// Stops after `most` bytes: /dev/zero has no end.
std::string read_text(const std::string& path, size_t most = SIZE_MAX);

// Whole file, gunzipped where it is gzip. Throws DataError. `limit` bounds what is unpacked.
std::vector<uint8_t> read_bytes(const std::string& path, size_t limit = size_t{1} << 32);

bool is_file(const std::string& path);
bool is_directory(const std::string& path);
bool make_directories(const std::string& path);  // true: it was not there

// Temporary name, fsync, rename: readers see the old file or the new one, and so does the disk after a power failure. `later`
// leaves out the fsync: readers and kills see no difference, and `settle` makes up for it.
enum class OnDisk { now, later };
void write_atomically(const std::string& path, std::string_view content, OnDisk when = OnDisk::now);

// What was written below the directories is on the disk: many small files at once, not each by itself (that takes longer than
// a short run's training). It is the file system that is asked, so other programs' files come along.
void settle(const std::vector<std::string>& directories);

// One line more, in one write: several processes may do so at a time.
void append_line(const std::string& path, const std::string& line);

// SHA-256 in hexadecimal.
std::string sha256(std::string_view content);
std::string sha256(const std::vector<uint8_t>& content);
std::string file_sha256(const std::string& path);  // of the bytes as they lie on disk; DataError

class Archive;

// A CSV that is appended to; lines are flushed whole. Opened where there is one already, it goes on behind it.
class CsvFile {
 public:
  CsvFile(std::string path, const std::string& header);
  ~CsvFile();
  CsvFile(const CsvFile&) = delete;
  CsvFile& operator=(const CsvFile&) = delete;
  void line(std::string_view text);  // without the newline
  void flush();
  // Into a checkpoint: how long the file is, once it is on the disk. From one: what was written since is cut off; a file
  // that is shorter has lost something and is a DataError.
  void archive(Archive& archive, const std::string& name);

 private:
  std::string path_, buffer_;
  std::FILE* file_;
};

}  // namespace bnlab
