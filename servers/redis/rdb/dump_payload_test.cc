#include "servers/redis/rdb/dump_payload.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "servers/redis/rdb/payloads.h"
#include "servers/redis/rdb/value.h"

namespace weir::redis::rdb {
namespace {

TEST(DumpPayloadTest, ChecksVersionAndChecksum) {
  const std::string payload =
      "\x00\x05hello\n\x00"
      "cr\xdfve4 \n"s;  // redis-server 7.0.15
  ASSERT_EQ(with_end(kText), payload);
  EXPECT_EQ(verified(payload), kText);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    std::string changed = payload;
    changed[i] ^= 1;
    EXPECT_EQ(verified(changed), std::nullopt) << i;
    EXPECT_EQ(verified(payload.substr(0, i)), std::nullopt) << i;
  }
  EXPECT_EQ(verified(with_end("")), "");
  EXPECT_EQ(verified(with_end(kText, "\x09\0"s)), kText);
  EXPECT_EQ(verified(with_end(kText, "\x0b\0"s)), std::nullopt);
}

TEST(DumpPayloadTest, DumpsWhatRedisDumped) {
  for (const std::string& body : {kText, kList, kIntset, kSet, kSortedSet, kHash, kStream,
                                  kStreamWithGroups, "\x00\xc1\x39\x30"s}) {
    EXPECT_EQ(dump_of(body), with_end(body));
  }
}

TEST(DumpPayloadTest, LooksAtNothingBehindTheValue) {
  EXPECT_EQ(dump_of(kText + "rest"), with_end(kText));
}

TEST(DumpPayloadTest, RefusesEveryPart) {
  for (const std::string& body :
       {kText, kList, kIntset, kSet, kSortedSet, kHash, kStream, kStreamWithGroups}) {
    for (std::size_t size = 0; size < body.size(); ++size) {
      EXPECT_EQ(dump_of(body.substr(0, size)), "") << size;
    }
  }
}

TEST(DumpPayloadTest, RefusesFormsThatAreNone) {
  for (int form = 0; form < 256; ++form) {
    if (form == 0) continue;
    EXPECT_EQ(dump_of(std::string(1, static_cast<char>(form)) + "\0"s), "") << form;
    if (form == 6 || form == 7 || form == 8 || form >= 20) {
      EXPECT_EQ(dump_of(static_cast<char>(form) + kText.substr(1)), "") << form;
    }
  }
}

TEST(DumpPayloadTest, ReadsTheFormsOfOldVersions) {
  const std::string ziplist = "\x0f\x0f\0\0\0\x0c\0\0\0\x02\0\0\xf2\x02\xf3\xff"s;  // 1, 2
  const std::string pair_of_integers = "\x0b\x0b\0\0\0\x02\0\x01\x01\x02\x01\xff"s;
  const std::string list = "\x12\x01\x02"s + pair_of_integers;
  EXPECT_EQ(dump_of("\x01\x02\xc0\x01\x01"
                    "2"s),
            with_end(list));
  EXPECT_EQ(dump_of("\x0a"s + ziplist), with_end(list));
  EXPECT_EQ(dump_of("\x0e\x01"s + ziplist), with_end(list));
  EXPECT_EQ(dump_of("\x0c"s + ziplist), with_end("\x11"s + pair_of_integers));
  EXPECT_EQ(dump_of("\x0d"s + ziplist), with_end("\x10"s + pair_of_integers));
  EXPECT_EQ(dump_of("\x03\x01\x01"
                    "1\x01"
                    "2"s),
            with_end("\x11"s + pair_of_integers));
  EXPECT_EQ(dump_of("\x05\x01\x01"
                    "1\0\0\0\0\0\0\0\x40"s),
            with_end("\x11"s + pair_of_integers));
  EXPECT_EQ(dump_of("\x04\x01\xc0\x01\xc0\x02"s), with_end("\x10"s + pair_of_integers));
  EXPECT_EQ(dump_of("\x09\x07\x01\x01"
                    "1\x01\0"
                    "2\xff"s),
            with_end("\x10"s + pair_of_integers));
  EXPECT_EQ(dump_of("\x02\x03\xc0\x03\xc0\x01\x01"
                    "2"s),
            with_end(kIntset));
  std::string stream = kStream;
  stream[0] = '\x0f';  // without first id, highest deleted id, entries added
  stream.erase(stream.size() - 6, 5);
  EXPECT_EQ(dump_of(stream), with_end(kStream));
}

TEST(DumpPayloadTest, TakesPlainNodesForListpacks) {
  EXPECT_EQ(dump_of("\x12\x02\x01\x01"
                    "a\x01\x02"
                    "12"s),
            with_end("\x12\x02\x02\x0a\x0a\0\0\0\x01\0\x81"
                     "a\x02\xff\x02\x09\x09\0\0\0\x01\0\x0c\x01\xff"s));
  EXPECT_EQ(dump_of("\x12\x01\x01\0"s), "");
  EXPECT_EQ(dump_of("\x12\x01\x03\x01"
                    "a"s),
            "");
}

TEST(DumpPayloadTest, LeavesEmptyNodesOut) {
  const std::string empty = "\x02\x07\x07\0\0\0\0\0\xff"s;
  EXPECT_EQ(dump_of("\x12\x02"s + empty + kList.substr(2)), with_end(kList));
  EXPECT_EQ(dump_of("\x12\x01"s + empty), "");
}

TEST(DumpPayloadTest, RefusesEmptyCollections) {
  for (const std::string& body :
       {"\x01\0"s, "\x02\0"s, "\x03\0"s, "\x04\0"s, "\x05\0"s, "\x0e\0"s, "\x12\0"s,
        "\x10\x07\x07\0\0\0\0\0\xff"s, "\x11\x07\x07\0\0\0\0\0\xff"s, "\x0b\x08\x02\0\0\0\0\0\0\0"s,
        "\x0a\x0b\x0b\0\0\0\x0a\0\0\0\0\0\xff"s}) {
    EXPECT_EQ(dump_of(body), "");
  }
}

TEST(DumpPayloadTest, RefusesDuplicates) {
  EXPECT_EQ(dump_of("\x02\x02\x01"
                    "a\x01"
                    "a"s),
            "");
  EXPECT_EQ(dump_of("\x02\x02\xc0\x01\x01"
                    "1"s),
            "");
  EXPECT_EQ(dump_of("\x04\x02\x01"
                    "a\x01x\x01"
                    "a\x01y"s),
            "");
  EXPECT_EQ(dump_of("\x05\x02\x01"
                    "a\0\0\0\0\0\0\0\0\x01"
                    "a\0\0\0\0\0\0\0\x40"s),
            "");
  EXPECT_EQ(dump_of("\x05\x02\x01"
                    "a\0\0\0\0\0\0\0\0\x01"
                    "a\0\0\0\0\0\0\0\0"s),
            "");
  EXPECT_EQ(dump_of("\x10\x0f\x0f\0\0\0\x04\0\x01\x01\x02\x01\x01\x01\x02\x01\xff"s), "");
  EXPECT_EQ(dump_of("\x11\x0f\x0f\0\0\0\x04\0\x01\x01\x02\x01\x01\x01\x03\x01\xff"s), "");
}

TEST(DumpPayloadTest, RefusesWhatIsOutOfOrder) {
  EXPECT_NE(dump_of("\x0b\x0c\x02\0\0\0\x02\0\0\0\x01\0\x02\0"s), "");
  EXPECT_EQ(dump_of("\x0b\x0c\x02\0\0\0\x02\0\0\0\x02\0\x01\0"s), "");
  EXPECT_EQ(dump_of("\x0b\x0c\x02\0\0\0\x02\0\0\0\x01\0\x01\0"s), "");
  EXPECT_NE(dump_of("\x11\x0f\x0f\0\0\0\x04\0\x01\x01\x02\x01\x02\x01\x02\x01\xff"s), "");
  EXPECT_EQ(dump_of("\x11\x0f\x0f\0\0\0\x04\0\x02\x01\x02\x01\x01\x01\x02\x01\xff"s), "");
  EXPECT_EQ(dump_of("\x11\x0f\x0f\0\0\0\x04\0\x01\x01\x03\x01\x02\x01\x02\x01\xff"s), "");
}

TEST(DumpPayloadTest, RefusesScoresThatAreNone) {
  EXPECT_EQ(dump_of("\x05\x01\x01"
                    "a\0\0\0\0\0\0\xf8\x7f"s),
            "");
  EXPECT_EQ(dump_of("\x03\x01\x01"
                    "a\xfd"s),
            "");
  EXPECT_EQ(dump_of("\x11\x0e\x0e\0\0\0\x02\0\x01\x01\x83nan\x04\xff"s), "");
  EXPECT_EQ(dump_of("\x11\x0e\x0e\0\0\0\x02\0\x01\x01\x83"
                    "abc\x04\xff"s),
            "");
  EXPECT_NE(dump_of("\x11\x0e\x0e\0\0\0\x02\0\x01\x01\x83inf\x04\xff"s), "");
}

TEST(DumpPayloadTest, AnnouncedNumbersMakeNoRoom) {
  const std::string many = "\x81\x7f\xff\xff\xff\xff\xff\xff\xff"s;
  for (const char form : "\x01\x02\x03\x04\x05\x0e\x0f\x12\x13"s) {
    EXPECT_EQ(dump_of(form + many +
                      "\x01"
                      "a"s),
              "")
        << int{form};
  }
  EXPECT_EQ(dump_of("\0"s + many), "");
  EXPECT_EQ(dump_of("\0\xc3"s + many + many), "");
}

TEST(DumpPayloadTest, TakesTheEncodingsOfTheLimits) {
  EncodingLimits none;
  none.hash_max_listpack_entries = none.zset_max_listpack_entries = none.set_max_intset_entries = 0;
  EXPECT_EQ(dump_of(kHash, none), with_end("\x04\x01\x01"
                                           "f\x01v"s));
  EXPECT_EQ(dump_of(kSortedSet, none), with_end("\x05\x02\x01"
                                                "b\0\0\0\0\0\0\x04@\x01"
                                                "a\0\0\0\0\0\0\xf0?"s));
  EXPECT_EQ(dump_of(kIntset, none).substr(0, 2), "\x02\x03");
  // Redis does not look at the sizes in a listpack, but at those of single members.
  none = EncodingLimits();
  none.hash_max_listpack_value = none.zset_max_listpack_value = 0;
  EXPECT_EQ(dump_of(kHash, none), with_end(kHash));
  EXPECT_EQ(dump_of(kSortedSet, none), with_end(kSortedSet));
  EXPECT_EQ(dump_of("\x05\x01\x01"
                    "1\0\0\0\0\0\0\0\x40"s,
                    none)
                .front(),
            '\x05');
  EXPECT_EQ(dump_of("\x09\x07\x01\x01"
                    "1\x01\0"
                    "2\xff"s,
                    none)
                .front(),
            '\x04');
}

// Collections of every encoding, some larger than one node or listpack.
std::vector<std::string> large_bodies() {
  std::mt19937 rng(1);
  const EncodingLimits limits;
  std::vector<std::string> bodies;
  for (const int size : {3, 700}) {
    List list;
    Set set, integers;
    SortedSet sorted;
    Hash hash;
    Stream stream;
    for (int i = 0; i < size; ++i) {
      const std::string text =
          std::to_string(rng() % 100000) + (i % 3 ? "" : std::string(i % 90, 'x'));
      list.push_back(text, limits);
      set.add(text, limits);
      integers.add(std::to_string(rng()), limits);
      sorted.set(text, i % 7 / 2.0, limits);
      hash.set(text, std::to_string(i), limits);
      const std::vector<std::string_view> fields = {i % 5 ? "field" : "other", text};
      stream.append({static_cast<std::uint64_t>(i / 3), static_cast<std::uint64_t>(i + 1)}, fields,
                    limits);
    }
    for (int i = 0; i < size; i += 4) {
      stream.erase({static_cast<std::uint64_t>(i / 3), static_cast<std::uint64_t>(i + 1)});
    }
    bodies.push_back(body_of(dumped(std::move(list))));
    bodies.push_back(body_of(dumped(std::move(set))));
    bodies.push_back(body_of(dumped(std::move(integers))));
    bodies.push_back(body_of(dumped(std::move(sorted))));
    bodies.push_back(body_of(dumped(std::move(hash))));
    bodies.push_back(body_of(dumped(std::move(stream))));
  }
  return bodies;
}

TEST(DumpPayloadTest, ComesBack) {
  for (const std::string& body : large_bodies()) {
    const std::string again = dump_of(body);
    EXPECT_EQ(again.size(), body.size() + 10);
    const bool ordered = body[0] != '\x02' && body[0] != '\x04';
    if (ordered) {
      EXPECT_EQ(body_of(again), body);
    }
  }
}

// Whatever comes of a payload must be usable: it is dumped, and its dump is read again.
TEST(DumpPayloadTest, SurvivesAnyChange) {
  std::mt19937 rng(2);
  std::vector<std::string> bodies = large_bodies();
  for (const std::string& body :
       {kText, kList, kIntset, kSet, kSortedSet, kHash, kStream, kStreamWithGroups}) {
    for (int times = 0; times < 10; ++times) bodies.push_back(body);
  }
  std::size_t accepted = 0;
  for (int i = 0; i < 30000; ++i) {
    std::string body = bodies[rng() % bodies.size()];
    for (auto changes = rng() % 3 + 1; changes > 0; --changes) {
      const std::size_t at = rng() % std::min<std::size_t>(body.size(), 300);
      if (rng() % 4 == 0) {
        body.erase(at, rng() % 4);
      } else if (rng() % 4 == 0) {
        body.insert(at, rng() % 4, static_cast<char>(rng()));
      } else {
        body[at] = static_cast<char>(rng() % 2 ? rng() : body[at] + 1);
      }
      if (body.empty()) body = "\0"s;
    }
    const std::string first = dump_of(body);
    if (first.empty()) continue;
    ++accepted;
    ASSERT_EQ(dump_of(body_of(first)).size(), first.size());
  }
  EXPECT_GT(accepted, 1000u);
}

}  // namespace
}  // namespace weir::redis::rdb
