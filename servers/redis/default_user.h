// The user that every client is: "default", who may use all commands, keys and channels. What can
// be set is whether he may log in, and with which passwords; of those only their SHA-256 is kept.
// Thread rule: any thread.
#pragma once

#include <atomic>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace weir::redis {

class DefaultUser {
 public:
  static constexpr std::string_view kName = "default";

  // Whether new clients have to authenticate before they may do anything.
  bool must_authenticate() const { return !open_.load(std::memory_order_relaxed); }
  // Whether any password will do.
  bool has_no_password() const { return no_password_.load(std::memory_order_relaxed); }
  // In a time that does not tell how much of a password is right, nor which.
  bool accepts(std::string_view password) const;

  // requirepass: this password and no other, or none where it is empty.
  void set_password(std::string_view password);
  // ACL SETUSER's rules, one after the other: on, off, nopass, resetpass, >password, <password,
  // #hash, !hash, and those that grant what the user has. All or none; the error is Redis'.
  Status apply(std::span<const std::string_view> rules);

  bool is_enabled() const { return enabled_.load(std::memory_order_relaxed); }
  // In 64 hexadecimal digits, in the order in which they were added.
  std::vector<std::string> password_hashes() const;
  // As ACL LIST has it.
  std::string text() const;

 private:
  struct Login {
    bool enabled = true;
    bool no_password = true;
    std::vector<std::string> hashes;
  };

  static Status apply_rule(Login& login, std::string_view rule);
  void store(Login login);

  mutable std::mutex mutex_;
  Login login_;
  // What the hot path reads of it.
  std::atomic<bool> open_{true};
  std::atomic<bool> no_password_{true};
  std::atomic<bool> enabled_{true};
};

}  // namespace weir::redis
