#include "servers/http/file_cache.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <utility>

#include "codec/http_date.h"
#include "servers/http/mime_types.h"

namespace weir::http {

namespace {

// Not a wait for the other end of a pipe, nor a terminal of one's own.
constexpr std::uint64_t kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

int open_beneath(int root, const char* path) {
  open_how how{};
  how.flags = kFlags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, root, *path == '\0' ? "." : path, &how, sizeof how);
  return fd < 0 ? -errno : static_cast<int>(fd);
}

// To the nanosecond: a file may be replaced twice a second, by one as long.
std::string make_etag(const struct stat& status) {
  char text[64];
  std::snprintf(text, sizeof text, "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "\"",
                static_cast<std::uint64_t>(status.st_mtim.tv_sec),
                static_cast<std::uint64_t>(status.st_mtim.tv_nsec),
                static_cast<std::uint64_t>(status.st_size));
  return text;
}

// All of it, up to `size` bytes; false where it can't be read.
bool read_file(int fd, std::size_t size, std::string& contents) {
  contents.resize(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd, contents.data() + done, size - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;  // it has become shorter
    done += static_cast<std::size_t>(got);
  }
  contents.resize(done);
  return true;
}

}  // namespace

FileCache::Found FileCache::open(const std::string& path, std::int64_t now_ms) {
  const auto known = entries_.find(path);
  if (known != entries_.end()) {
    Entry& entry = known->second;
    uses_.splice(uses_.begin(), uses_, entry.use);
    entry.used_ms = now_ms;
    if (now_ms - entry.looked_ms < kFreshMs) return entry.found;
    entry.found = look(path);
    entry.looked_ms = now_ms;
    return entry.found;
  }
  drop_old(now_ms);
  Found found = look(path);
  uses_.push_front(path);
  entries_[path] = {found, now_ms, now_ms, uses_.begin()};
  return found;
}

// The descriptors of files that nobody asks for any more are wanted elsewhere, and their blocks may
// be those of files that were deleted.
void FileCache::drop_old(std::int64_t now_ms) {
  while (!uses_.empty()) {
    const auto oldest = entries_.find(uses_.back());
    const bool old = oldest == entries_.end() || now_ms - oldest->second.used_ms > kIdleMs;
    if (!old && entries_.size() < kMaxFiles) break;
    if (oldest != entries_.end()) entries_.erase(oldest);
    uses_.pop_back();
  }
}

FileCache::Found FileCache::look(const std::string& path) const {
  const int fd = open_beneath(root_, path.c_str());
  if (fd < 0) return {nullptr, -fd};
  auto file = std::make_shared<OpenFile>();
  file->fd = FileDescriptor(fd);
  struct stat status {};
  if (::fstat(fd, &status) != 0) return {nullptr, errno};
  file->is_directory = S_ISDIR(status.st_mode);
  if (!file->is_directory && !S_ISREG(status.st_mode)) return {nullptr, EACCES};
  file->is_kept = !file->is_directory && status.st_size <= static_cast<off_t>(kKeptBytes);
  if (file->is_kept) {
    const auto size = static_cast<std::size_t>(status.st_size);
    if (!read_file(fd, size, file->contents)) return {nullptr, errno};
    status.st_size = static_cast<off_t>(file->contents.size());
    file->fd = FileDescriptor();  // nobody needs it any more
  }
  file->size = static_cast<std::uint64_t>(status.st_size);
  file->type = mime_type(path);
  file->modified_s = status.st_mtim.tv_sec;
  file->etag = make_etag(status);
  file->fields.add("ETag", file->etag);
  file->fields.add("Last-Modified", codec::format_http_date(file->modified_s));
  file->fields.add("Accept-Ranges", "bytes");
  for (const FileCoding& coding : kFileCodings) {
    const FileDescriptor beside(open_beneath(root_, (path + std::string(coding.suffix)).c_str()));
    file->has_variants = file->has_variants || beside.get() >= 0;
  }
  return {std::move(file), 0};
}

Result<FileDescriptor> open_root(const std::string& directory) {
  FileDescriptor root(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (root.get() < 0) {
    return Status::error("can't serve the directory '" + directory + "': " + std::strerror(errno));
  }
  const FileDescriptor probe(open_beneath(root.get(), ""));
  if (probe.get() < 0) {
    return Status::error("can't open files below '" + directory +
                         "': " + std::strerror(-probe.get()) + " (openat2 needs Linux 5.6)");
  }
  return root;
}

}  // namespace weir::http
