// The parameter notify-keyspace-events: a character for each class of events, and for each kind of
// channels, that clients are told of.
// Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "servers/redis/keyspace/key_event.h"

namespace weir::redis {

// Nothing when one of the characters stands for no class.
std::optional<EventClasses> parse_event_classes(std::string_view text);

// As Redis writes it. "n" is lost behind "A", which does not contain it: so it is in 7.0.
std::string event_classes_text(EventClasses classes);

}  // namespace weir::redis
