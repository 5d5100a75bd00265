#include "servers/redis/default_user.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "servers/redis/command_table.h"

namespace weir::redis {
namespace {

std::string hash_of(std::string_view password) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(password.data()), password.size(), digest);
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

bool is_hash(std::string_view text) {
  return text.size() == 2 * SHA256_DIGEST_LENGTH &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// What every user of this server may do anyhow.
bool grants_all(std::string_view rule) {
  constexpr std::string_view kRules[] = {"~*",          "allkeys", "&*",
                                         "allchannels", "+@all",   "allcommands"};
  return std::any_of(std::begin(kRules), std::end(kRules),
                     [rule](std::string_view one) { return equal_names(one, rule); });
}

// Whether it is one of those with which Redis limits what a user may do.
bool is_limit(std::string_view rule) {
  constexpr std::string_view kRules[] = {
      "nocommands",     "resetkeys",        "resetchannels",        "reset",
      "clearselectors", "sanitize-payload", "skip-sanitize-payload"};
  return rule.find_first_of("+-~&%(") == 0 ||
         std::any_of(std::begin(kRules), std::end(kRules),
                     [rule](std::string_view one) { return equal_names(one, rule); });
}

}  // namespace

bool DefaultUser::accepts(std::string_view password) const {
  const std::string hash = hash_of(password);
  const std::lock_guard lock(mutex_);
  bool known = login_.no_password;
  for (const std::string& one : login_.hashes) {
    known |= CRYPTO_memcmp(one.data(), hash.data(), hash.size()) == 0;
  }
  return login_.enabled && known;
}

void DefaultUser::set_password(std::string_view password) {
  const std::lock_guard lock(mutex_);
  Login login{login_.enabled, password.empty(), {}};
  if (!password.empty()) login.hashes.push_back(hash_of(password));
  store(std::move(login));
}

Status DefaultUser::apply(std::span<const std::string_view> rules) {
  const std::lock_guard lock(mutex_);
  Login login = login_;
  for (const std::string_view rule : rules) {
    const Status status = apply_rule(login, rule);
    if (!status.is_ok()) {
      return Status::error("Error in ACL SETUSER modifier '" + std::string(rule) +
                           "': " + status.message());
    }
  }
  store(std::move(login));
  return Status::ok();
}

Status DefaultUser::apply_rule(Login& login, std::string_view rule) {
  const auto add = [&login](std::string hash) {
    login.no_password = false;
    if (std::find(login.hashes.begin(), login.hashes.end(), hash) == login.hashes.end()) {
      login.hashes.push_back(std::move(hash));
    }
  };
  if (equal_names(rule, "on") || equal_names(rule, "off")) {
    login.enabled = equal_names(rule, "on");
  } else if (equal_names(rule, "nopass") || equal_names(rule, "resetpass")) {
    login.no_password = equal_names(rule, "nopass");
    login.hashes.clear();
  } else if (rule.starts_with('>')) {
    add(hash_of(rule.substr(1)));
  } else if (rule.starts_with('<') || rule.starts_with('#') || rule.starts_with('!')) {
    if (!rule.starts_with('<') && !is_hash(rule.substr(1))) {
      return Status::error(
          "The password hash must be exactly 64 characters and contain only lowercase hexadecimal "
          "characters");
    }
    if (rule.starts_with('#')) {
      add(std::string(rule.substr(1)));
    } else if (std::erase(login.hashes, rule.starts_with('<') ? hash_of(rule.substr(1))
                                                              : std::string(rule.substr(1))) == 0) {
      return Status::error("The password you are trying to remove from the user does not exist");
    }
  } else if (!grants_all(rule)) {
    if (!is_limit(rule)) return Status::error("Syntax error");
    return Status::error("This server cannot limit what its user may do");
  }
  return Status::ok();
}

// REQUIRES: the lock is held.
void DefaultUser::store(Login login) {
  login_ = std::move(login);
  enabled_.store(login_.enabled, std::memory_order_relaxed);
  no_password_.store(login_.no_password, std::memory_order_relaxed);
  open_.store(login_.enabled && login_.no_password, std::memory_order_relaxed);
}

std::vector<std::string> DefaultUser::password_hashes() const {
  const std::lock_guard lock(mutex_);
  return login_.hashes;
}

std::string DefaultUser::text() const {
  const std::lock_guard lock(mutex_);
  std::string text = "user default ";
  text += login_.enabled ? "on " : "off ";
  if (login_.no_password) text += "nopass ";
  for (const std::string& hash : login_.hashes) text.append("#").append(hash).append(" ");
  return text + "~* &* +@all";
}

}  // namespace weir::redis
