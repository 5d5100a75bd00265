// The access log, in the combined format: written by a thread of its own, so that a slow disk slows
// no reactor.
//
//   127.0.0.1 - - [26/Nov/2026:14:31:07 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl/7.88.1"
//
// What can't be written fast enough is dropped beyond 32 MiB, and counted. A file that was moved
// away (logrotate) is made anew.
//
// Thread rule: write() from any thread; the thread starts with the first of them, in whichever
// process that is.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/status.h"
#include "servers/http/file_descriptor.h"

namespace weir::http {

class AccessLog {
 public:
  static constexpr std::size_t kMaxWaiting = 32 * 1024 * 1024;

  // "-" is the standard output.
  explicit AccessLog(std::string path) : path_(std::move(path)) {}
  ~AccessLog() { close(); }
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  Status open();
  // Writes what waits; nothing is written from here on.
  void close();
  // Whole lines.
  void write(const std::string& lines);
  // Lines that were dropped, or could not be written.
  std::uint64_t dropped();

 private:
  void run();
  void put(const std::vector<std::string>& lines);
  void reopen_if_moved();

  const std::string path_;
  FileDescriptor file_;  // of the thread, once it runs
  std::int64_t looked_s_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::uint64_t dropped_ = 0;
  bool ends_ = false;
  std::thread thread_;
};

// A request as the log has it: what stands before the status, and behind the size.
struct LogEntry {
  std::string request;
  std::string client;
};

// `request_line` and the others come from the client: quotes, backslashes and control characters
// become "\x22".
LogEntry make_log_entry(std::string_view peer, std::int64_t now_s, std::string_view request_line,
                        std::string_view referer, std::string_view user_agent);
void append_log_line(std::string& lines, const LogEntry& entry, int status, std::uint64_t bytes);

}  // namespace weir::http
