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

bool is_same(const struct stat& status, const OpenFile& file) {
  return status.st_dev == file.device && status.st_ino == file.inode &&
         static_cast<std::uint64_t>(status.st_size) == file.size &&
         status.st_mtim.tv_sec == file.modified_s && status.st_mtim.tv_nsec == file.modified_ns;
}

std::string make_etag(const OpenFile& file) {
  char text[64];
  std::snprintf(text, sizeof text, "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "\"",
                static_cast<std::uint64_t>(file.modified_s),
                static_cast<std::uint64_t>(file.modified_ns), file.size);
  return text;
}

}  // namespace

FileCache::Found FileCache::open(const std::string& path, std::int64_t now_ms) {
  const auto known = entries_.find(path);
  if (known != entries_.end()) {
    Entry& entry = known->second;
    uses_.splice(uses_.begin(), uses_, entry.use);
    if (now_ms - entry.looked_ms < kFreshMs) return entry.found;
    if (!is_current(path, entry)) entry.found = look(path);
    entry.looked_ms = now_ms;
    return entry.found;
  }
  if (entries_.size() == kMaxFiles) {
    entries_.erase(uses_.back());
    uses_.pop_back();
  }
  uses_.push_front(path);
  return entries_.emplace(path, Entry{look(path), now_ms, uses_.begin()}).first->second.found;
}

bool FileCache::is_current(const std::string& path, const Entry& entry) const {
  if (entry.found.file == nullptr) return false;
  const FileDescriptor fd(open_beneath(root_, path.c_str()));
  struct stat status {};
  return fd.get() >= 0 && ::fstat(fd.get(), &status) == 0 && is_same(status, *entry.found.file);
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
  file->device = status.st_dev;
  file->inode = status.st_ino;
  file->size = static_cast<std::uint64_t>(status.st_size);
  file->modified_s = status.st_mtim.tv_sec;
  file->modified_ns = status.st_mtim.tv_nsec;
  file->etag = make_etag(*file);
  file->modified = codec::format_http_date(file->modified_s);
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
