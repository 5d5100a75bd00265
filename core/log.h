// The process' log: one line to standard error for each call at or above the level in force,
//   PID:THREAD 2025-01-31 12:34:56.789 LEVEL message
// written by one write(2), so that lines of several threads and processes never mix. Control
// characters in the message become '?': what a peer sent cannot forge a line. Long lines are cut.
// Any thread. Blocks as standard error does: not for the data path.
#pragma once

#include <string_view>

#include "base/status.h"

namespace weir {

// Redis' levels, by rising weight.
enum class LogLevel { kDebug, kVerbose, kNotice, kWarning };

// The level in force: lines below it are dropped. kNotice at the start.
LogLevel log_level();
void set_log_level(LogLevel level);

// "debug", "verbose", "notice", "warning".
std::string_view log_level_name(LogLevel level);
// The reverse; the error says what is accepted.
Result<LogLevel> parse_log_level(std::string_view name);

// Writes the line whatever the level in force; for WEIR_LOG. Keeps errno.
void log_line(LogLevel level, const char* format, ...) __attribute__((format(printf, 2, 3)));

}  // namespace weir

// WEIR_LOG(kNotice, "listening on %s", text): as printf; the arguments are evaluated only where the
// line is written.
#define WEIR_LOG(level, ...)                                    \
  (::weir::LogLevel::level >= ::weir::log_level()               \
       ? ::weir::log_line(::weir::LogLevel::level, __VA_ARGS__) \
       : void())
