// How one client wants to be told that keys it may have cached have changed: CLIENT TRACKING.
// Thread rule: the client's own thread; the flags and the redirection are read by any.
#pragma once

#include <atomic>
#include <cstdint>
#include <set>
#include <string>

namespace weir::redis {

struct ClientTracking {
  enum Flag : std::uint32_t {
    kOn = 1 << 0,
    kBroadcast = 1 << 1,          // of all keys with its prefixes, not of those it has read
    kOptIn = 1 << 2,              // of what it reads after CLIENT CACHING YES
    kOptOut = 1 << 3,             // of what it reads unless after CLIENT CACHING NO
    kNoLoop = 1 << 4,             // not of what it changes itself
    kCaching = 1 << 5,            // CLIENT CACHING was its last command
    kBrokenRedirection = 1 << 6,  // who should have been told is gone
  };

  bool has(Flag flag) const { return (flags.load(std::memory_order_relaxed) & flag) != 0; }
  void add(Flag flag) { flags.store(flags | flag, std::memory_order_relaxed); }
  void remove(Flag flag) { flags.store(flags & ~flag, std::memory_order_relaxed); }

  // Whether the keys that a command has read are to be remembered.
  bool remembers() const {
    const std::uint32_t now = flags.load(std::memory_order_relaxed);
    if ((now & (kOn | kBroadcast)) != kOn) return false;
    const bool caching = (now & kCaching) != 0;
    return (now & kOptIn) != 0 ? caching : (now & kOptOut) == 0 || !caching;
  }

  std::atomic<std::uint32_t> flags{0};
  std::atomic<std::uint64_t> redirection{0};  // the id of who is told instead; 0: nobody
  std::set<std::string> prefixes;             // of kBroadcast
};

}  // namespace weir::redis
