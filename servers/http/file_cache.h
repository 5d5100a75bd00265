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

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/status.h"
#include "codec/http_response.h"
#include "servers/http/file_descriptor.h"

namespace weir::http {

struct OpenFile {
  FileDescriptor fd;  // none of what is kept
  std::uint64_t size = 0;
  std::int64_t modified_s = 0;
  bool is_directory = false;
  std::string_view type;      // by its name
  std::string etag;           // with its quotes
  codec::HttpFields fields;   // ETag, Last-Modified, Accept-Ranges
  bool has_variants = false;  // one compressed before lies beside it
  bool is_kept = false;
  std::string contents;  // of a small one, all; what is not kept here the kernel sends
};

// A file beside another, that is the same compressed.
struct FileCoding {
  std::string_view name;  // of Accept-Encoding
  std::string_view suffix;
};
// The better one first.
inline constexpr std::array kFileCodings = {FileCoding{"br", ".br"}, FileCoding{"gzip", ".gz"}};

class FileCache {
 public:
  static constexpr std::size_t kMaxFiles = 1024;
  // A file's bytes up to here are kept: reading them anew costs a third of what sending them does.
  static constexpr std::size_t kKeptBytes = 16 * 1024;
  static constexpr std::int64_t kFreshMs = 1000;
  static constexpr std::int64_t kIdleMs = 10'000;  // then it is closed, when others are opened

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
    std::int64_t used_ms = 0;
    std::list<std::string>::iterator use;
  };

  Found look(const std::string& path) const;
  void drop_old(std::int64_t now_ms);

  const int root_;
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> uses_;  // the latest first
};

// A directory to serve; says what to do where it can't be.
Result<FileDescriptor> open_root(const std::string& directory);

}  // namespace weir::http
