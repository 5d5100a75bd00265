#include "servers/redis/event_classes.h"

#include <gtest/gtest.h>

#include "servers/redis/keyspace/key_event.h"

namespace weir::redis {
namespace {

TEST(EventClassesTest, EachCharacterIsAClass) {
  EXPECT_EQ(parse_event_classes(""), EventClasses{0});
  EXPECT_EQ(parse_event_classes("K$x"), kKeyspaceChannels | kStringEvent | kExpiredEvent);
  EXPECT_EQ(parse_event_classes("$$$"), kStringEvent);
  EXPECT_EQ(parse_event_classes("nEm"), kKeyeventChannels | kNewEvent | kMissEvent);
}

TEST(EventClassesTest, RefusesOtherCharacters) {
  EXPECT_FALSE(parse_event_classes("KEa"));
  EXPECT_FALSE(parse_event_classes("K E"));
}

TEST(EventClassesTest, AllLacksMissesAndNewKeys) {
  EXPECT_EQ(parse_event_classes("A"), parse_event_classes("g$lshzxetd"));
}

// What CONFIG GET replies for what CONFIG SET was given; recorded from Redis 7.0.15.
TEST(EventClassesTest, HasOneText) {
  const auto text_of = [](const char* text) {
    return event_classes_text(parse_event_classes(text).value());
  };
  EXPECT_EQ(text_of(""), "");
  EXPECT_EQ(text_of("KEA"), "AKE");
  EXPECT_EQ(text_of("Eg$lshzxetd"), "AE");
  EXPECT_EQ(text_of("mnKzhsEg"), "gshznKEm");
  EXPECT_EQ(text_of("KEAnm"), "AKEm");
  EXPECT_EQ(text_of("dtexzhsl$g"), "A");
}

}  // namespace
}  // namespace weir::redis
