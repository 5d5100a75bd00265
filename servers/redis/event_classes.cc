#include "servers/redis/event_classes.h"

#include <algorithm>

namespace weir::redis {
namespace {

struct Character {
  char character;
  EventClasses classes;
};

constexpr EventClasses kAll = kGenericEvent | kStringEvent | kListEvent | kSetEvent | kHashEvent |
                              kSortedSetEvent | kExpiredEvent | kEvictedEvent | kStreamEvent |
                              kModuleEvent;
constexpr Character kAllCharacter{'A', kAll};

// In the order in which they are written.
constexpr Character kOfEvents[] = {
    {'g', kGenericEvent}, {'$', kStringEvent},    {'l', kListEvent},    {'s', kSetEvent},
    {'h', kHashEvent},    {'z', kSortedSetEvent}, {'x', kExpiredEvent}, {'e', kEvictedEvent},
    {'t', kStreamEvent},  {'d', kModuleEvent},    {'n', kNewEvent},
};
constexpr Character kBehind[] = {
    {'K', kKeyspaceChannels},
    {'E', kKeyeventChannels},
    {'m', kMissEvent},
};

EventClasses classes_of(char character) {
  const auto is_it = [character](const Character& one) { return one.character == character; };
  if (is_it(kAllCharacter)) return kAllCharacter.classes;
  const auto* const event = std::find_if(std::begin(kOfEvents), std::end(kOfEvents), is_it);
  if (event != std::end(kOfEvents)) return event->classes;
  const auto* const other = std::find_if(std::begin(kBehind), std::end(kBehind), is_it);
  return other != std::end(kBehind) ? other->classes : 0;
}

}  // namespace

std::optional<EventClasses> parse_event_classes(std::string_view text) {
  EventClasses classes = 0;
  for (const char character : text) {
    const EventClasses named = classes_of(character);
    if (named == 0) return std::nullopt;
    classes |= named;
  }
  return classes;
}

std::string event_classes_text(EventClasses classes) {
  std::string text;
  const auto append = [&](const Character& one) {
    if ((classes & one.classes) == one.classes) text.push_back(one.character);
  };
  append(kAllCharacter);
  if (text.empty()) std::for_each(std::begin(kOfEvents), std::end(kOfEvents), append);
  std::for_each(std::begin(kBehind), std::end(kBehind), append);
  return text;
}

}  // namespace weir::redis
