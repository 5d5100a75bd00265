// What happened to a key, as keyspace notifications tell it (Redis' documentation, "Redis keyspace
// notifications"): a name, and the class by which listeners choose.
// Thread rule: constants.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::redis {

// A set of the classes below, and of the two kinds of channels that tell of events.
using EventClasses = std::uint32_t;

inline constexpr EventClasses kKeyspaceChannels = 1 << 0;  // by the key: what happened to it
inline constexpr EventClasses kKeyeventChannels = 1 << 1;  // by the event: to which key
inline constexpr EventClasses kGenericEvent = 1 << 2;
inline constexpr EventClasses kStringEvent = 1 << 3;
inline constexpr EventClasses kListEvent = 1 << 4;
inline constexpr EventClasses kSetEvent = 1 << 5;
inline constexpr EventClasses kHashEvent = 1 << 6;
inline constexpr EventClasses kSortedSetEvent = 1 << 7;
inline constexpr EventClasses kExpiredEvent = 1 << 8;
inline constexpr EventClasses kEvictedEvent = 1 << 9;
inline constexpr EventClasses kStreamEvent = 1 << 10;
inline constexpr EventClasses kMissEvent = 1 << 11;
inline constexpr EventClasses kModuleEvent = 1 << 12;  // of no event here
inline constexpr EventClasses kNewEvent = 1 << 13;

struct KeyEvent {
  EventClasses event_class;  // one of them
  std::string_view name;
};

// Those that no single command is behind.
inline constexpr KeyEvent kNew{kNewEvent, "new"};
inline constexpr KeyEvent kDeleted{kGenericEvent, "del"};
inline constexpr KeyEvent kExpired{kExpiredEvent, "expired"};
inline constexpr KeyEvent kEvicted{kEvictedEvent, "evicted"};
inline constexpr KeyEvent kMissed{kMissEvent, "keymiss"};
// Of a change that nobody is told.
inline constexpr KeyEvent kUntold{0, ""};

}  // namespace weir::redis
