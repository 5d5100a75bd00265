// Serves the files below a directory to GET and HEAD: ranges, preconditions, an index, files that
// were compressed before, and, if asked to, listings.
//
//   StaticFiles files(engine, {.root = "/srv/www"});
//   const Status status = files.open();
//   server.get("/*path", files.handler("path"));
//
// Thread rule: opened before the engine runs; the handler runs on every reactor, with a cache of
// open files for each.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "base/status.h"
#include "core/engine.h"
#include "servers/http/file_cache.h"
#include "servers/http/handler.h"
#include "servers/http/preconditions.h"

namespace weir::http {

class StaticFiles {
 public:
  struct Options {
    std::string root;
    std::string index = "index.html";  // of a directory
    bool listings = false;             // of directories without an index
  };

  // The engine outlives it, and it the engine's run.
  StaticFiles(const Engine& engine, Options options);

  // Fails, and says why, where the root can't be served.
  Status open();

  // `parameter` is the route's that has the path.
  Handler handler(std::string parameter);

 private:
  // A file, as this client takes it.
  struct Variant {
    FileCache::Found found;
    std::string_view coding;  // "br", "gzip", or none
    bool varies = false;      // others get another
  };

  void serve(const Request& request, const std::string& path, Response& response);
  void serve_directory(const Request& request, const std::string& path, const OpenFile& directory,
                       Response& response);
  Variant choose(const Request& request, const std::string& path, const FileCache::Found& plain);
  FileCache::Found find(const std::string& path);

  const Engine& engine_;
  const Options options_;
  FileDescriptor root_;
  std::deque<FileCache> caches_;  // by reactor
};

}  // namespace weir::http
