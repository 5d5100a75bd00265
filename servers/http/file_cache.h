// Files below a directory, opened once and kept open while they are asked for.
//
// A path leads nowhere but below the directory, whatever ".." and symbolic links it has: the kernel
// sees to that (openat2(2), RESOLVE_BENEATH). What is cached is looked at again after kFreshMs: a
// file that was replaced is opened anew. Paths that lead nowhere are cached too.
//
// Thread rule: a cache is its reactor's; what it has opened is shared with the connections that
// send it, all of that reactor.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/status.h"
#include "servers/http/file_descriptor.h"

namespace weir::http {

struct OpenFile {
  FileDescriptor fd;
  std::uint64_t size = 0;
  std::int64_t modified_s = 0;
  bool is_directory = false;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;
  std::string etag;      // with its quotes
  std::string modified;  // as HTTP writes it
};

class FileCache {
 public:
  static constexpr std::size_t kMaxFiles = 1024;
  static constexpr std::int64_t kFreshMs = 1000;

  struct Found {
    std::shared_ptr<const OpenFile> file;  // shared with what is being sent of it
    int error = 0;                         // errno, where there is none
  };

  // `root` is the directory's descriptor, and outlives the cache.
  explicit FileCache(int root) : root_(root) {}

  // `path` is relative, "" is the directory itself.
  Found open(const std::string& path, std::int64_t now_ms);

 private:
  struct Entry {
    Found found;
    std::int64_t looked_ms = 0;
    std::list<std::string>::iterator use;
  };

  Found look(const std::string& path) const;
  bool is_current(const std::string& path, const Entry& entry) const;

  const int root_;
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> uses_;  // the latest first
};

// A directory to serve; says what to do where it can't be.
Result<FileDescriptor> open_root(const std::string& directory);

}  // namespace weir::http
