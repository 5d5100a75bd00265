#include "servers/redis/rdb/stream_record.h"

#include <cstddef>
#include <initializer_list>
#include <string>

#include "gtest/gtest.h"
#include "servers/redis/rdb/payloads.h"

namespace weir::redis::rdb {
namespace {

using Ids = std::initializer_list<char>;
using Parts = std::initializer_list<std::string>;

const std::string kTime = "\x01\0\0\0\0\0\0\0"s;

std::string id(char ms) { return std::string(7, '\0') + ms + std::string(8, '\0'); }
std::string name(const std::string& text) { return static_cast<char>(text.size()) + text; }

std::string counted(Parts parts) {
  std::string bytes(1, static_cast<char>(parts.size()));
  for (const std::string& part : parts) bytes += part;
  return bytes;
}

std::string pending(Ids ids) {
  std::string bytes(1, static_cast<char>(ids.size()));
  for (const char each : ids) bytes += id(each) + kTime + '\x01';
  return bytes;
}

std::string consumer(const std::string& text, Ids ids) {
  std::string bytes = name(text) + kTime + static_cast<char>(ids.size());
  for (const char each : ids) bytes += id(each);
  return bytes;
}

// Of last id 1-1, with one entry read.
std::string group(const std::string& text, Ids ids, Parts consumers) {
  return name(text) + "\x01\x01\x01" + pending(ids) + counted(consumers);
}

std::string stream_of(Parts groups) {
  return kStream.substr(0, kStream.size() - 1) + counted(groups);
}

void expect_kept(const std::string& body) { EXPECT_EQ(body_of(dump_of(body)), body); }

TEST(StreamRecordTest, KeepsConsumerGroups) {
  expect_kept(kStreamWithGroups);
  expect_kept(stream_of({group("g", {}, {}), group("h", {}, {})}));
  expect_kept(stream_of({group("", {0, 1}, {consumer("", {0, 1}), consumer("x", {})})}));
  expect_kept(stream_of({group("g", {1, 2, 3}, {consumer("a", {1, 3}), consumer("b", {2})})}));
  expect_kept(stream_of({group("g", {1}, {consumer("a", {1})}),  //
                         group("h", {1}, {consumer("a", {1})})}));
}

TEST(StreamRecordTest, PutsGroupsInOrder) {
  EXPECT_EQ(dump_of(stream_of({group("b", {}, {}), group("a", {}, {})})),
            with_end(stream_of({group("a", {}, {}), group("b", {}, {})})));
  EXPECT_EQ(
      dump_of(stream_of({group("g", {3, 1, 2}, {consumer("b", {2}), consumer("a", {3, 1})})})),
      with_end(stream_of({group("g", {1, 2, 3}, {consumer("a", {1, 3}), consumer("b", {2})})})));
}

TEST(StreamRecordTest, RefusesGroupsThatContradictThemselves) {
  const auto refuses = [](Parts groups) { return dump_of(stream_of(groups)).empty(); };
  EXPECT_TRUE(refuses({group("g", {}, {}), group("g", {}, {})}));
  EXPECT_TRUE(refuses({group("g", {}, {consumer("a", {}), consumer("a", {})})}));
  EXPECT_TRUE(refuses({group("g", {1}, {})}));  // nobody's
  EXPECT_TRUE(refuses({group("g", {1, 2}, {consumer("a", {2})})}));
  EXPECT_TRUE(refuses({group("g", {}, {consumer("a", {1})})}));  // not the group's
  EXPECT_TRUE(refuses({group("g", {1, 3}, {consumer("a", {1, 2, 3})})}));
  EXPECT_TRUE(refuses({group("g", {1}, {consumer("a", {1, 1})})}));
  EXPECT_TRUE(refuses({group("g", {1}, {consumer("a", {1}), consumer("b", {1})})}));
  EXPECT_TRUE(refuses({group("g", {1, 1}, {consumer("a", {1})})}));
  EXPECT_TRUE(refuses({group("g", {1, 2, 1}, {consumer("a", {1, 2})})}));
}

// Numbers of which no payload can have so many.
TEST(StreamRecordTest, MakesNoRoomForWhatIsNotThere) {
  const std::string kHuge = "\x81\x7f\xff\xff\xff\xff\xff\xff\xff"s;
  const std::string stream = kStream.substr(0, kStream.size() - 1);
  EXPECT_EQ(dump_of(stream + kHuge), "");
  const std::string start = stream + "\x01" + name("g") + "\x01\x01\x01";
  EXPECT_EQ(dump_of(start + kHuge), "");
  EXPECT_EQ(dump_of(start + pending({}) + kHuge), "");
  EXPECT_EQ(dump_of(start + pending({1}) + "\x01" + name("a") + kTime + kHuge + id(1)), "");
}

TEST(StreamRecordTest, TakesAnyNumbersInGroups) {
  const std::string kMost = "\x81\xff\xff\xff\xff\xff\xff\xff\xff"s;
  for (const std::string& time : {"\0\0\0\0\0\0\0\x80"s, "\xff\xff\xff\xff\xff\xff\xff\x7f"s}) {
    for (const std::string& number : {"\0"s, kMost}) {
      expect_kept(stream_of({name("g") + number + number + number + "\x01" + id('\xff') + time +
                             number + counted({name("a") + time + "\x01" + id('\xff')})}));
    }
  }
}

// Where 7.0 has a number that older versions lacked, it is what can be told from the stream.
TEST(StreamRecordTest, EstimatesWhatGroupsOfOldVersionsHaveRead) {
  const std::string old = "\x0f"s + kStream.substr(1, kStream.size() - 7) + "\x01" + name("g");
  const auto read_up_to = [&old](const std::string& last_id) {
    const std::string dumped = dump_of(old + last_id + "\0\0"s);
    const std::size_t at = dumped.size() - 10 - 3;
    return dumped.empty() ? '\x7f' : dumped[at];
  };
  EXPECT_EQ(read_up_to("\0\0"s), '\0');
  EXPECT_EQ(read_up_to("\x01\x01"s), '\x01');
  EXPECT_EQ(read_up_to("\x05\0"s), '\xff');  // above all, the end of nine bytes
}

// kStream with another byte behind `before`.
std::string changed_stream(std::size_t at, char byte) {
  std::string stream = kStream;
  stream[at] = byte;
  return dump_of(stream);
}

TEST(StreamRecordTest, RefusesStreamsThatContradictThemselves) {
  constexpr std::size_t kListpack = 20;  // where the total stands
  constexpr std::size_t kLive = kListpack + 6;
  EXPECT_EQ(changed_stream(kLive, '\x02'), "");  // more than there are
  EXPECT_EQ(changed_stream(kLive, '\x00'), "");
  EXPECT_EQ(changed_stream(kLive + 2, '\x01'), "");  // deleted, and none is
  EXPECT_EQ(changed_stream(kLive + 4, '\x00'), "");  // no fields
  EXPECT_EQ(changed_stream(kLive + 4, '\x05'), "");
  EXPECT_EQ(changed_stream(kLive + 9, '\x01'), "");   // not the end of the head
  EXPECT_EQ(changed_stream(kLive + 11, '\x00'), "");  // other fields than the head's
  EXPECT_EQ(changed_stream(kLive + 11, '\x04'), "");  // no such flag
  EXPECT_EQ(changed_stream(kLive + 11, '\x03'), "");  // deleted, but not counted
  EXPECT_EQ(changed_stream(kLive + 13, '\x01'), "");  // an id above the last one
  EXPECT_EQ(changed_stream(kLive + 20, '\x03'), "");  // the way back
  const std::size_t length = kLive + 23;
  ASSERT_EQ(kStream[length - 1], '\xff');
  EXPECT_EQ(changed_stream(length, '\x02'), "");    // a length that is not its size
  EXPECT_EQ(changed_stream(length + 1, '\0'), "");  // a last id below an entry's
  EXPECT_NE(changed_stream(length + 1, '\x09'), "");
}

TEST(StreamRecordTest, RefusesNodesOutOfOrder) {
  const std::string node = kStream.substr(2, kStream.find("\xff\x01"s) + 1 - 2);
  std::string second = node;
  second[8] = '\x02';  // 2-1
  const std::string counters = "\x02\x02\x01\x01\x01\0\0\x02\0"s;
  EXPECT_NE(dump_of("\x13\x02"s + node + second + counters), "");
  EXPECT_EQ(dump_of("\x13\x02"s + second + node + counters), "");
  EXPECT_EQ(dump_of("\x13\x02"s + node + node + counters), "");
}

// An erased entry may be above the last id, which XSETID sets back.
TEST(StreamRecordTest, TakesErasedEntriesAboveTheLastId) {
  const std::string listpack =
      "\x26\x26\0\0\0\x0f\0\x01\x01\x01\x01\x01\x01\x81"
      "f\x02\0\x01\x02\x01\0\x01\0\x01\x01\x01\x04\x01\x03\x01\x04\x01"
      "\0\x01\x05\x01\x04\x01\xff"s;
  const std::string stream = "\x13\x01\x10"s + id(1) + listpack + "\x01\x03\0\x01\0\x05\0\x02\0"s;
  expect_kept(stream);
  std::string both_live = stream;
  both_live[both_live.find("\x03\x01\x04\x01"s)] = '\x02';
  EXPECT_EQ(dump_of(both_live), "");
}

}  // namespace
}  // namespace weir::redis::rdb
