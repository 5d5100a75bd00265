// Errors as values. A Status is success or one sentence that its reader can act on: what failed,
// on which value, what to do about it. A Result is a value or such a Status.
// Values: no thread rule of their own.
#pragma once

#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace weir {

class [[nodiscard]] Status {
 public:
  // Success.
  Status() = default;
  static Status ok() { return Status(); }

  // `message` must not be empty: the empty message is success.
  static Status error(std::string message) {
    WEIR_CHECK(!message.empty());
    Status status;
    status.message_ = std::move(message);
    return status;
  }

  // "what: strerror(code)"; `code` is an errno value.
  static Status from_errno(int code, std::string_view what) {
    return error(std::string(what) + ": " + ::strerror(code));
  }

  // In a catch block: "what: the exception's own words"; "out of memory" for a std::bad_alloc, also
  // for one that this meets itself.
  static Status from_exception(std::string_view what) noexcept {
    try {
      try {
        throw;
      } catch (const std::bad_alloc&) {
        throw;
      } catch (const std::exception& exception) {
        return error(std::string(what) + ": " + exception.what());
      } catch (...) {
        return error(std::string(what) + ", of no known type");
      }
    } catch (const std::bad_alloc&) {
      return error("out of memory");  // short enough for a string to need none
    }
  }

  bool is_ok() const { return message_.empty(); }
  const std::string& message() const { return message_; }

 private:
  std::string message_;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT: a value is a Result
  Result(Status status) : status_(std::move(status)) { WEIR_CHECK(!status_.is_ok()); }  // NOLINT

  bool is_ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  // REQUIRES: is_ok().
  T& value() {
    WEIR_CHECK(is_ok());
    return *value_;
  }
  const T& value() const {
    WEIR_CHECK(is_ok());
    return *value_;
  }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace weir
