#include "core/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>

#include "core/archive.h"
#include "core/error.h"

namespace bnlab {
namespace {

namespace fs = std::filesystem;

std::string reason() { return std::strerror(errno); }

// Test builds can be told to die at the k-th change of a file, half of it made, or to throw there what only a mistake of the
// program throws.
#ifdef BNLAB_FAILPOINTS
bool dies_now() {
  static const char *at = std::getenv("BNLAB_KILL_AT_WRITE"), *bug = std::getenv("BNLAB_BUG_AT_WRITE");
  static std::atomic<int64_t> count = 0;  // of all writes of the process, wherever they are made
  const int64_t now = ++count;
  if (bug && now == std::atoll(bug)) throw std::logic_error("planted");
  return at && now == std::atoll(at);
}
template <class Half>
void about_to_write(const Half& half) {
  if (!dies_now()) return;
  half();
  ::raise(SIGKILL);
}
void about_to_write() {
  about_to_write([] {});
}
#else
template <class Half>
void about_to_write(const Half&) {}
void about_to_write() {}
#endif

std::string digest(const void* data, size_t size) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(data, size, hash, &length, EVP_sha256(), nullptr);
  std::string out;
  for (unsigned i = 0; i < length; ++i) out += fmt::format("{:02x}", hash[i]);
  return out;
}

}  // namespace

bool is_file(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

std::string read_text(const std::string& path, size_t most) {
  if (is_directory(path)) throw ConfigError("", path + ": is a directory, expected a file");
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) throw ConfigError("", path + ": " + reason());
  std::string text;
  char block[1 << 16];
  size_t got;
  while (text.size() < most && (got = std::fread(block, 1, std::min(sizeof block, most - text.size()), file)) > 0) {
    text.append(block, got);
  }
  const bool failed = std::ferror(file);
  std::fclose(file);
  if (failed) throw ConfigError("", path + ": cannot be read");
  return text;
}

std::vector<uint8_t> read_bytes(const std::string& path, size_t limit) {
  if (is_directory(path)) throw DataError(path, "is a directory, expected a file");
  gzFile file = gzopen(path.c_str(), "rb");  // reads plain files as they are
  if (!file) throw DataError(path, reason());
  gzbuffer(file, 1 << 16);
  std::vector<uint8_t> out;
  std::vector<uint8_t> block(1 << 16);
  int got;
  while ((got = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0) {
    if (out.size() + static_cast<size_t>(got) > limit) {
      gzclose(file);
      throw DataError(path, fmt::format("unpacks to more than {} bytes; this is no dataset known here", limit));
    }
    out.insert(out.end(), block.begin(), block.begin() + got);
  }
  int code = Z_OK;
  const std::string why = gzerror(file, &code);
  const bool truncated = code == Z_BUF_ERROR;
  const int closed = gzclose(file);
  if (truncated || closed == Z_BUF_ERROR) throw DataError(path, fmt::format("ends too early (gzip, after {} bytes unpacked)", out.size()));
  if (got < 0) throw DataError(path, fmt::format("damaged gzip after {} bytes unpacked", out.size()));
  return out;
}

bool make_directories(const std::string& path) {
  std::error_code error;
  const bool made = fs::create_directories(path, error);
  if (error) throw FileError(path, "cannot make this directory: " + error.message());
  return made;
}

void write_atomically(const std::string& path, std::string_view content, OnDisk when) {
  const std::string temporary = fmt::format("{}.{}.tmp", path, ::getpid());
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) throw FileError(path, "cannot write: " + reason());
  size_t done = 0;
  while (done < content.size()) {
    about_to_write([&] { return ::write(file, content.data() + done, (content.size() - done) / 2); });
    const ssize_t wrote = ::write(file, content.data() + done, content.size() - done);
    if (wrote < 0) {
      if (errno == EINTR) continue;
      const std::string why = reason();
      ::close(file);
      ::unlink(temporary.c_str());
      throw FileError(path, "cannot write: " + why);
    }
    done += static_cast<size_t>(wrote);
  }
  about_to_write();
  if ((when == OnDisk::now && ::fsync(file) != 0) || ::close(file) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const std::string why = reason();
    ::unlink(temporary.c_str());
    throw FileError(path, "cannot write: " + why);
  }
  about_to_write();
}

void settle(const std::vector<std::string>& directories) {
  std::set<dev_t> done;
  for (const auto& directory : directories) {
    const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat facts {};
    const bool known = file >= 0 && ::fstat(file, &facts) == 0;
    const bool settled = known && (!done.insert(facts.st_dev).second || ::syncfs(file) == 0);
    const std::string why = reason();
    if (file >= 0) ::close(file);
    if (!settled) throw FileError(directory, "cannot write: " + why);
  }
}

void append_line(const std::string& path, const std::string& line) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  const std::string text = line + "\n";
  about_to_write([&] { return ::write(file, text.data(), text.size() / 2); });
  const bool done = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  const std::string why = reason();
  if (file >= 0) ::close(file);
  if (!done) throw FileError(path, "cannot write: " + why);
}

std::string sha256(std::string_view content) { return digest(content.data(), content.size()); }
std::string sha256(const std::vector<uint8_t>& content) { return digest(content.data(), content.size()); }

std::string file_sha256(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) throw DataError(path, reason());
  std::string content;
  char block[1 << 16];
  size_t got;
  while ((got = std::fread(block, 1, sizeof block, file)) > 0) content.append(block, got);
  std::fclose(file);
  return sha256(content);
}

CsvFile::CsvFile(std::string path, const std::string& header) : path_(std::move(path)), file_(std::fopen(path_.c_str(), "ab")) {
  if (!file_) throw FileError(path_, "cannot write: " + reason());
  std::fseek(file_, 0, SEEK_END);
  if (std::ftell(file_) > 0) return;
  line(header);
  flush();
}

void CsvFile::archive(Archive& archive, const std::string& name) {
  int64_t bytes = 0;
  if (!archive.reading()) {
    flush();
    if (::fdatasync(::fileno(file_)) != 0) throw FileError(path_, "cannot write: " + reason());
    bytes = std::ftell(file_);
  }
  archive.integer(name, bytes);
  if (!archive.reading()) return;
  archive.require(bytes >= 0, name + " is below 0");
  std::fseek(file_, 0, SEEK_END);
  if (std::ftell(file_) < bytes) throw DataError(path_, fmt::format("has lost its end: {} bytes of {} are there", std::ftell(file_), bytes));
  about_to_write();
  if (::ftruncate(::fileno(file_), bytes) != 0) throw FileError(path_, "cannot write: " + reason());
  std::fseek(file_, 0, SEEK_END);
}

CsvFile::~CsvFile() {
  if (file_) {
    std::fwrite(buffer_.data(), 1, buffer_.size(), file_);
    std::fclose(file_);
  }
}

void CsvFile::line(std::string_view text) {
  buffer_.append(text);
  buffer_ += '\n';
  if (buffer_.size() > (1 << 16)) flush();
}

void CsvFile::flush() {
  about_to_write([&] { std::fwrite(buffer_.data(), 1, buffer_.size() / 2, file_), std::fflush(file_); });
  if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size() || std::fflush(file_) != 0) {
    throw FileError(path_, "cannot write: " + reason());
  }
  buffer_.clear();
}

}  // namespace bnlab
