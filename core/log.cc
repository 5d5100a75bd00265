#include "core/log.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>

#include "core/sigpipe_block.h"

namespace weir {
namespace {

constexpr size_t kMaxLineBytes = 1024;  // Redis' limit; lines this short reach a pipe whole
constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "verbose", "notice", "warning"};

std::atomic<LogLevel> level_in_force{LogLevel::kNotice};

// "PID:THREAD date time.ms LEVEL "; returns its length.
size_t write_prefix(char* line, size_t size, LogLevel level) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm local{};
  ::localtime_r(&now.tv_sec, &local);
  char date[32];
  ::strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &local);
  const int length = std::snprintf(line, size, "%d:%d %s.%03ld %s ", ::getpid(), ::gettid(), date,
                                   now.tv_nsec / 1000000, log_level_name(level).data());
  return static_cast<size_t>(length);
}

// Standard error may be a pipe that nobody reads any more, and a program that does not ignore
// SIGPIPE would die of it.
void write_line(const char* line, size_t size) {
  const SigpipeBlock block;
  // A log that cannot be written has nobody to tell.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line, size);
}

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

}  // namespace

LogLevel log_level() { return level_in_force.load(std::memory_order_relaxed); }

void set_log_level(LogLevel level) { level_in_force.store(level, std::memory_order_relaxed); }

std::string_view log_level_name(LogLevel level) { return kLevelNames[static_cast<size_t>(level)]; }

Result<LogLevel> parse_log_level(std::string_view name) {
  const auto found = std::find(kLevelNames.begin(), kLevelNames.end(), name);
  if (found == kLevelNames.end()) {
    return Status::error("expected debug, verbose, notice or warning");
  }
  return static_cast<LogLevel>(found - kLevelNames.begin());
}

void log_line(LogLevel level, const char* format, ...) {
  const int saved_errno = errno;
  char line[kMaxLineBytes];
  const size_t prefix = write_prefix(line, sizeof(line), level);

  va_list arguments;
  va_start(arguments, format);
  const int wanted = std::vsnprintf(line + prefix, sizeof(line) - prefix, format, arguments);
  va_end(arguments);

  const size_t room = sizeof(line) - prefix - 1;
  const size_t message = wanted < 0 ? 0 : std::min(static_cast<size_t>(wanted), room);
  std::replace_if(line + prefix, line + prefix + message, is_control, '?');
  line[prefix + message] = '\n';
  write_line(line, prefix + message + 1);
  errno = saved_errno;
}

}  // namespace weir
