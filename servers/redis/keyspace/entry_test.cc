#include "servers/redis/keyspace/entry.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "servers/redis/types/hash.h"
#include "servers/redis/types/list.h"
#include "servers/redis/types/set.h"
#include "servers/redis/types/sorted_set.h"
#include "servers/redis/types/stream.h"

namespace weir::redis {
namespace {

constexpr std::int64_t kNever = Entry::kNever;
constexpr std::int64_t kExpiries[] = {kNever, 0, 1, 1'900'000'000'000, Entry::kMaxExpiry};

// Sizes on both sides of every border: none, one block, an eight-bit length, four bytes of length.
constexpr std::size_t kSizes[] = {0,  1,  2,  7,   8,   13,  14,  16, 29,
                                  30, 44, 45, 253, 254, 255, 256, 300};

// A text that says where it was cut.
std::string text_of(std::size_t size, char first = 'a') {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(first + i % 23);
  return text;
}

struct Destroy {
  void operator()(Entry* entry) const { Entry::destroy(entry); }
};
using Owned = std::unique_ptr<Entry, Destroy>;

Owned make(std::string_view key, std::string_view text, std::int64_t expiry = kNever) {
  return Owned(Entry::make_text(key, text, expiry));
}

void expect_entry(const Entry& entry, std::string_view key, std::string_view text,
                  std::int64_t expiry) {
  ASSERT_EQ(entry.key(), key);
  ASSERT_EQ(entry.type(), Type::kString);
  ASSERT_EQ(entry.text(), text);
  ASSERT_EQ(entry.expiry(), expiry);
  ASSERT_EQ(entry.has_expiry(), expiry != kNever);
}

TEST(Entry, HoldsEveryShape) {
  for (std::size_t key_size = 0; key_size <= 300; ++key_size) {
    const std::string key = text_of(key_size, 'k');
    for (const std::size_t size : kSizes) {
      for (const std::int64_t expiry : kExpiries) {
        const std::string text = text_of(size);
        expect_entry(*make(key, text, expiry), key, text, expiry);
      }
    }
  }
  for (std::size_t size = 0; size <= 300; ++size) {
    for (const std::int64_t expiry : kExpiries) {
      expect_entry(*make("key", text_of(size), expiry), "key", text_of(size), expiry);
    }
  }
}

TEST(Entry, TakesViewsOfNothing) {
  Entry* const entry = Entry::make_text({}, {}, kNever);
  expect_entry(*entry, "", "", kNever);
  EXPECT_EQ(Entry::with_text(entry, {}, kNever), entry);
  expect_entry(*entry, "", "", kNever);
  Entry::destroy(entry);
}

TEST(Entry, HoldsBytesOfAnyValue) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  expect_entry(*make(bytes, bytes, 5), bytes, bytes, 5);
  const std::string large(100'000, '\0');
  expect_entry(*make(large, large), large, large, kNever);
}

TEST(Entry, IsSmall) {
  const std::string key(16, 'k');
  EXPECT_EQ(make(key, "abc")->allocated_bytes(), 32U);
  EXPECT_EQ(make(key, "abc", 1)->allocated_bytes(), 32U);
  EXPECT_EQ(make(key, std::string(10, 'v'))->allocated_bytes(), 32U);
  EXPECT_EQ(make(key, std::string(11, 'v'))->allocated_bytes(), 48U);
  EXPECT_EQ(make(key, std::string(4, 'v'), 1)->allocated_bytes(), 32U);
  EXPECT_EQ(make(key, std::string(5, 'v'), 1)->allocated_bytes(), 48U);
  EXPECT_EQ(make("", "")->allocated_bytes(), 16U);
  // A long string is a block of its own, without slack.
  EXPECT_EQ(make(key, std::string(256, 'v'))->allocated_bytes(), 32 + sizeof(LongText) + 256);
}

TEST(Entry, ExpiresAtItsMoment) {
  const Owned entry = make("k", "v", 100);
  EXPECT_FALSE(entry->expired(99));
  EXPECT_TRUE(entry->expired(100));
  EXPECT_TRUE(entry->expired(101));
  EXPECT_FALSE(make("k", "v")->expired(Entry::kMaxExpiry));
}

TEST(Entry, TextIsReplacedBetweenAllShapes) {
  for (const std::size_t from : kSizes) {
    for (const std::size_t to : kSizes) {
      for (const std::int64_t old_expiry : {kNever, std::int64_t{7}}) {
        for (const std::int64_t expiry : {kNever, std::int64_t{9}}) {
          for (const std::size_t key_size : {std::size_t{3}, std::size_t{255}}) {
            const std::string key = text_of(key_size, 'k');
            Entry* entry = Entry::make_text(key, text_of(from), old_expiry);
            entry = Entry::with_text(entry, text_of(to, 'A'), expiry);
            const Owned owned(entry);
            expect_entry(*entry, key, text_of(to, 'A'), expiry);
          }
        }
      }
    }
  }
}

TEST(Entry, TextStaysInPlaceWhereTheBlockIsTheSame) {
  const std::string key(16, 'k');
  Entry* const entry = Entry::make_text(key, "abc", kNever);
  EXPECT_EQ(Entry::with_text(entry, std::string(10, 'x'), kNever), entry);
  EXPECT_EQ(entry->text(), std::string(10, 'x'));
  EXPECT_EQ(Entry::with_text(entry, "", kNever), entry);
  EXPECT_EQ(entry->text(), "");
  EXPECT_EQ(entry->key(), key);
  Entry* const timed = Entry::with_text(entry, "1", 5);
  EXPECT_EQ(Entry::with_text(timed, "1234", 6), timed);
  EXPECT_EQ(timed->expiry(), 6);
  EXPECT_EQ(timed->text(), "1234");
  Entry::destroy(timed);
}

// The new text may be a part of the old one, in an entry that stays or that is replaced.
TEST(Entry, TextMayComeFromItself) {
  for (const std::size_t size : {10U, 100U, 254U, 255U, 256U, 300U}) {
    for (const std::size_t begin : {0U, 1U, 5U}) {
      Entry* entry = Entry::make_text("key", text_of(size), kNever);
      const std::string_view part = entry->text().substr(begin, size / 2);
      const std::string expected(part);
      entry = Entry::with_text(entry, part, kNever);
      EXPECT_EQ(entry->text(), expected);
      Entry::destroy(entry);
    }
  }
}

TEST(Entry, ExpiryComesAndGoes) {
  for (const std::size_t size : kSizes) {
    for (const std::size_t key_size : {0U, 16U, 254U, 255U, 300U}) {
      const std::string key = text_of(key_size, 'k');
      const std::string text = text_of(size);
      Entry* entry = Entry::make_text(key, text, kNever);
      entry = Entry::with_expiry(entry, 42);
      expect_entry(*entry, key, text, 42);
      Entry* const same = Entry::with_expiry(entry, Entry::kMaxExpiry);
      EXPECT_EQ(same, entry);
      expect_entry(*entry, key, text, Entry::kMaxExpiry);
      entry = Entry::with_expiry(entry, kNever);
      expect_entry(*entry, key, text, kNever);
      EXPECT_EQ(Entry::with_expiry(entry, kNever), entry);
      Entry::destroy(entry);
    }
  }
}

TEST(Entry, KeyIsReplacedBetweenAllShapes) {
  for (const std::size_t size : kSizes) {
    for (const std::size_t from : kSizes) {
      for (const std::size_t to : kSizes) {
        for (const std::int64_t expiry : {kNever, std::int64_t{9}}) {
          Entry* entry = Entry::make_text(text_of(from, 'k'), text_of(size), expiry);
          entry = Entry::with_key(entry, text_of(to, 'q'));
          const Owned owned(entry);
          expect_entry(*entry, text_of(to, 'q'), text_of(size), expiry);
        }
      }
    }
  }
}

TEST(Entry, GrowsInPlaceOfItsBytes) {
  for (const std::size_t size : kSizes) {
    for (const std::int64_t expiry : {kNever, std::int64_t{9}}) {
      Entry* entry = Entry::make_text("key", text_of(size), expiry);
      std::string expected = text_of(size);
      // By one, by some, by much: the new bytes are zeros.
      for (const std::size_t more :
           {std::size_t{0}, std::size_t{1}, std::size_t{40}, size + 1000}) {
        const std::size_t grown = expected.size() + more;
        char* bytes = nullptr;
        entry = Entry::with_size(entry, grown, bytes);
        expected.resize(grown, '\0');
        expect_entry(*entry, "key", expected, expiry);
        EXPECT_TRUE(entry->is_raw());
        if (grown == 0) continue;
        bytes[grown - 1] = '!';
        expected.back() = '!';
        EXPECT_EQ(entry->text(), expected);
      }
      // Shorter; what was cut off does not come back.
      char* bytes = nullptr;
      const std::size_t kept = expected.size() / 2;
      entry = Entry::with_size(entry, kept, bytes);
      expect_entry(*entry, "key", expected.substr(0, kept), expiry);
      entry = Entry::with_size(entry, expected.size(), bytes);
      expect_entry(*entry, "key", expected.substr(0, kept) + std::string(expected.size() - kept, 0),
                   expiry);
      entry = Entry::with_text(entry, "1", expiry);
      EXPECT_FALSE(entry->is_raw());
      Entry::destroy(entry);
    }
  }
}

TEST(Entry, AppendingCostsLittle) {
  Entry* entry = Entry::make_text("key", "", kNever);
  std::size_t moves = 0;
  const char* last = nullptr;
  constexpr std::size_t kBytes = 3 * 1024 * 1024;
  for (std::size_t size = 1; size <= kBytes; size += 64) {
    char* bytes = nullptr;
    entry = Entry::with_size(entry, size, bytes);
    moves += bytes != last ? 1 : 0;
    last = bytes;
  }
  EXPECT_LT(moves, 30U);
  EXPECT_LT(entry->allocated_bytes(), kBytes + 2 * 1024 * 1024);
  Entry::destroy(entry);
}

template <class T>
void expect_object(Type type) {
  for (const std::size_t key_size : {0U, 3U, 255U, 300U}) {
    const std::string key = text_of(key_size, 'k');
    auto* const object = new T;
    Entry* entry = Entry::make_object(key, type, object, kNever);
    EXPECT_EQ(entry->type(), type);
    EXPECT_EQ(entry->key(), key);
    EXPECT_EQ(entry->object<T>(), object);
    entry = Entry::with_expiry(entry, 77);
    EXPECT_EQ(entry->object<T>(), object);
    EXPECT_EQ(entry->expiry(), 77);
    entry = Entry::with_key(entry, text_of(key_size / 2, 'q'));
    EXPECT_EQ(entry->object<T>(), object);
    EXPECT_EQ(entry->type(), type);
    EXPECT_EQ(entry->expiry(), 77);
    entry = Entry::with_expiry(entry, kNever);
    EXPECT_EQ(entry->object<T>(), object);
    Entry::destroy(entry);
  }
}

TEST(Entry, HoldsCollections) {
  expect_object<List>(Type::kList);
  expect_object<Hash>(Type::kHash);
  expect_object<Set>(Type::kSet);
  expect_object<SortedSet>(Type::kSortedSet);
  expect_object<Stream>(Type::kStream);
}

// SET of a key that holds a collection: the collection goes.
Owned clone(const Owned& entry, std::string_view key) { return Owned(Entry::clone(*entry, key)); }

template <class T>
Owned make_object(Type type, T value, std::int64_t expiry = kNever) {
  return Owned(Entry::make_object("key", type, new T(std::move(value)), expiry));
}

TEST(Entry, ClonesTextOfEveryShape) {
  for (const std::size_t size : kSizes) {
    for (const std::int64_t expiry : kExpiries) {
      const std::string text = text_of(size);
      const Owned original = make("key", text, expiry);
      const Owned copy = clone(original, "another key");
      expect_entry(*copy, "another key", text, expiry);
      expect_entry(*original, "key", text, expiry);
      EXPECT_FALSE(copy->is_raw());
    }
  }
  char* bytes = nullptr;
  const Owned raw(Entry::with_size(Entry::make_text("key", "", 7), 3, bytes));
  bytes[0] = 'x';
  const Owned copy = clone(raw, "");
  expect_entry(*copy, "", std::string_view("x\0\0", 3), 7);
  EXPECT_TRUE(copy->is_raw());
}

// What is copied keeps its encoding, and changes no longer with the original.
TEST(Entry, ClonesCollections) {
  const EncodingLimits large;
  EncodingLimits none;
  none.hash_max_listpack_entries = none.zset_max_listpack_entries = none.set_max_intset_entries = 0;
  for (const EncodingLimits& limits : {large, none}) {
    Hash hash;
    hash.set("f", "v", limits);
    Set set;
    set.add("1", limits);
    SortedSet sorted;
    sorted.set("m", 1.5, limits);
    const Owned h = make_object(Type::kHash, std::move(hash), 99);
    const Owned s = make_object(Type::kSet, std::move(set));
    const Owned z = make_object(Type::kSortedSet, std::move(sorted));
    const Owned h_copy = clone(h, "copy");
    const Owned s_copy = clone(s, "copy");
    const Owned z_copy = clone(z, "copy");
    h->object<Hash>()->set("f", "changed", limits);
    s->object<Set>()->remove("1");
    z->object<SortedSet>()->erase("m");
    IntegerText scratch;
    EXPECT_EQ(h_copy->expiry(), 99);
    EXPECT_EQ(h_copy->object<Hash>()->get("f", scratch), "v");
    EXPECT_EQ(h_copy->object<Hash>()->encoding(), h->object<Hash>()->encoding());
    EXPECT_TRUE(s_copy->object<Set>()->contains("1"));
    EXPECT_EQ(s_copy->object<Set>()->encoding(), s->object<Set>()->encoding());
    EXPECT_EQ(z_copy->object<SortedSet>()->score("m"), 1.5);
    EXPECT_EQ(z_copy->object<SortedSet>()->encoding(), z->object<SortedSet>()->encoding());
    EXPECT_EQ(z_copy->object<SortedSet>()->rank("m", Direction::kForward), 0U);
  }
  List list;
  list.push_back("a", large);
  const Owned l = make_object(Type::kList, std::move(list));
  const Owned l_copy = clone(l, "copy");
  l->object<List>()->push_back("b", large);
  EXPECT_EQ(l_copy->object<List>()->size(), 1U);
}

TEST(Entry, ClonesStreams) {
  Stream stream;
  const std::vector<std::string_view> fields = {"field", "value", "number", "12"};
  for (std::uint64_t ms = 1; ms <= 300; ++ms) stream.append({ms, 0}, fields, EncodingLimits());
  stream.erase({300, 0});
  stream.erase({7, 0});
  stream.add_group("g", StreamGroup({9, 0}, 8));
  StreamGroup& group = *stream.find_group("g");
  group.assign({8, 0}, {&group.see_consumer("c", 11), 12, 3});
  const Owned original = make_object(Type::kStream, std::move(stream));
  const Owned copy = clone(original, "copy");
  original->object<Stream>()->trim_to_length(0, {});
  original->object<Stream>()->find_group("g")->acknowledge({8, 0});
  const Stream& copied = *copy->object<Stream>();
  EXPECT_EQ(copied.size(), 298U);
  EXPECT_EQ(copied.last_id(), (StreamId{300, 0}));
  EXPECT_EQ(copied.max_deleted_id(), (StreamId{300, 0}));
  EXPECT_EQ(copied.entries_added(), 300U);
  std::size_t visited = 0;
  copied.range({}, StreamId::max(), Direction::kForward, 1000, [&](const StreamEntry& entry) {
    ++visited;
    std::string text;
    entry.for_each([&](std::string_view field, std::string_view value) {
      text.append(field).append("=").append(value).append(" ");
    });
    EXPECT_EQ(text, "field=value number=12 ");
  });
  EXPECT_EQ(visited, 298U);
  const StreamGroup& copied_group = copied.groups().at("g");
  EXPECT_EQ(copied_group.last_id(), (StreamId{9, 0}));
  EXPECT_EQ(copied_group.entries_read(), 8);
  EXPECT_EQ(copied_group.consumers().at("c").seen_ms(), 11);
  const StreamGroup::Delivery* pending = copied_group.find_pending({8, 0});
  ASSERT_NE(pending, nullptr);
  EXPECT_EQ(pending->consumer, &copied_group.consumers().at("c"));
  EXPECT_EQ(pending->time_ms, 12);
  EXPECT_EQ(pending->count, 3U);
}

TEST(Entry, TextReplacesACollection) {
  for (const std::size_t size : kSizes) {
    Entry* entry = Entry::make_object("key", Type::kList, new List, 5);
    entry = Entry::with_text(entry, text_of(size), kNever);
    expect_entry(*entry, "key", text_of(size), kNever);
    Entry::destroy(entry);
  }
}

}  // namespace
}  // namespace weir::redis
