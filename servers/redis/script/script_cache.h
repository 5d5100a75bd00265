// The scripts that clients have sent, by their names: what EVALSHA may call. Every reactor compiles
// for itself what it runs; this is where it finds the text of what another one was sent.
//
// Thread rule: any thread. A reactor that has compiled scripts looks at generation() before it
// trusts them: SCRIPT FLUSH makes a new one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "servers/redis/script/script_flags.h"

namespace weir::redis {

class ScriptCache {
 public:
  // A digest is 40 lower case hexadecimal digits; others find nothing.

  // Without effect where it is there already.
  void add(std::string_view digest, std::string_view text, const ScriptFlags& flags);
  std::optional<std::string> find(std::string_view digest) const;
  bool contains(std::string_view digest) const;
  // Of one that is not there: nothing declared.
  ScriptFlags flags(std::string_view digest) const;
  void clear();

  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  std::size_t size() const;
  // Of the texts and their names, about.
  std::size_t bytes() const;

 private:
  struct Script {
    std::string text;
    ScriptFlags flags;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Script, std::less<>> scripts_;
  std::size_t text_bytes_ = 0;
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace weir::redis
