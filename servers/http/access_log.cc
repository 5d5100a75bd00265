#include "servers/http/access_log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <utility>

#include "core/log.h"

namespace weir::http {

namespace {

int open_log(const std::string& path) {
  if (path == "-") return ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

std::uint64_t count_lines(const std::string& lines) {
  return static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

void append_quoted(std::string& line, std::string_view text) {
  line += '"';
  if (text.empty()) text = "-";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      line += c;
      continue;
    }
    char escaped[5];
    std::snprintf(escaped, sizeof escaped, "\\x%02X", byte);
    line += escaped;
  }
  line += '"';
}

}  // namespace

void AccessLog::close() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

Status AccessLog::open() {
  file_ = FileDescriptor(open_log(path_));
  if (file_.get() >= 0) return Status::ok();
  return Status::error("can't write the access log '" + path_ + "': " + std::strerror(errno));
}

void AccessLog::write(const std::string& lines) {
  const std::lock_guard lock(mutex_);
  if (waiting_bytes_ + lines.size() > kMaxWaiting) {
    if (dropped_ == 0) WEIR_LOG(kWarning, "the access log is too slow: lines are dropped");
    dropped_ += count_lines(lines);
    return;
  }
  try {
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    waiting_.push_back(lines);
    waiting_bytes_ += lines.size();
  } catch (const std::exception&) {  // no memory, or no thread
    dropped_ += count_lines(lines);
  }
  changed_.notify_one();
}

std::uint64_t AccessLog::dropped() {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void AccessLog::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::vector<std::string> lines = std::exchange(waiting_, {});
    waiting_bytes_ = 0;
    lock.unlock();
    reopen_if_moved();
    put(lines);
    lock.lock();
  }
}

void AccessLog::put(const std::vector<std::string>& lines) {
  for (const std::string& text : lines) {
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t written = ::write(file_.get(), text.data() + done, text.size() - done);
      if (written > 0) {
        done += static_cast<std::size_t>(written);
      } else if (errno != EINTR) {
        const std::lock_guard lock(mutex_);
        if (dropped_ == 0) WEIR_LOG(kWarning, "the access log: %s", std::strerror(errno));
        dropped_ += count_lines(text.substr(done));
        break;
      }
    }
  }
}

void AccessLog::reopen_if_moved() {
  const std::int64_t now_s = std::time(nullptr);
  if (path_ == "-" || now_s == looked_s_) return;
  looked_s_ = now_s;
  struct stat named {};
  struct stat opened {};
  const bool is_there = ::stat(path_.c_str(), &named) == 0;
  ::fstat(file_.get(), &opened);
  if (is_there && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev) return;
  FileDescriptor fresh(open_log(path_));
  if (fresh.get() >= 0) file_ = std::move(fresh);
}

LogEntry make_log_entry(std::string_view peer, std::int64_t now_s, std::string_view request_line,
                        std::string_view referer, std::string_view user_agent) {
  LogEntry entry;
  const std::time_t time = now_s;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char date[40];
  std::strftime(date, sizeof date, " - - [%d/%b/%Y:%H:%M:%S +0000] ", &parts);
  entry.request.append(peer).append(date);
  append_quoted(entry.request, request_line);
  append_quoted(entry.client, referer);
  entry.client += ' ';
  append_quoted(entry.client, user_agent);
  return entry;
}

void append_log_line(std::string& lines, const LogEntry& entry, int status, std::uint64_t bytes) {
  lines.append(entry.request).append(" ").append(std::to_string(status)).append(" ");
  lines.append(std::to_string(bytes)).append(" ").append(entry.client).append("\n");
}

}  // namespace weir::http
