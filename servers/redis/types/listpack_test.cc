#include "servers/redis/types/listpack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace weir::redis {
namespace {

using Model = std::vector<std::string>;
using Random = std::mt19937_64;

std::string random_text(Random& random) {
  constexpr size_t kLengths[] = {0, 1, 2, 3, 20, 63, 64, 125, 126, 127, 128, 300};
  switch (random() % 4) {
    case 0:
      return std::to_string(static_cast<int64_t>(random()) >> (random() % 64));
    case 1:
      return std::to_string(random() % 10);
    case 2:
      return std::string(random() % 8, static_cast<char>('a' + random() % 26));
    default: {
      const bool huge = random() % 64 == 0;
      const size_t length = huge ? 4090 + random() % 13000 : kLengths[random() % 12];
      return std::string(length, static_cast<char>('a' + random() % 26));
    }
  }
}

Model contents(const Listpack& pack) {
  Model elements;
  IntegerText scratch;
  for (auto p = pack.first(); p != Listpack::kEnd; p = pack.next(p)) {
    elements.emplace_back(pack.get(p).view(scratch));
  }
  return elements;
}

Model contents_backward(const Listpack& pack) {
  Model elements;
  IntegerText scratch;
  for (auto p = pack.last(); p != Listpack::kEnd; p = pack.prev(p)) {
    elements.insert(elements.begin(), std::string(pack.get(p).view(scratch)));
  }
  return elements;
}

// The way every listpack must be, however it came about.
void expect_holds(const Listpack& pack, const Model& model) {
  ASSERT_EQ(pack.size(), model.size());
  ASSERT_EQ(pack.empty(), model.empty());
  ASSERT_EQ(contents(pack), model);
  const auto parsed = Listpack::parse(pack.serialized());
  ASSERT_TRUE(parsed);
  ASSERT_EQ(contents(*parsed), model);
  ASSERT_GE(pack.allocated_bytes() + 7, pack.bytes());
  // The gap never holds more than about half of what is used, the capacity about a quarter.
  ASSERT_LE(pack.allocated_bytes(), pack.bytes() * 2 + 64);
}

Listpack make(const Model& model) {
  Listpack pack;
  for (const auto& text : model) pack.push_back(text);
  return pack;
}

Listpack::Position position(const Listpack& pack, size_t index) {
  return pack.at(static_cast<long>(index));
}

TEST(Listpack, IsOnePointerAndEmptyOwnsNothing) {
  static_assert(sizeof(Listpack) == sizeof(void*));
  const Listpack pack;
  EXPECT_TRUE(pack.empty());
  EXPECT_EQ(pack.size(), 0U);
  EXPECT_EQ(pack.allocated_bytes(), 0U);
  EXPECT_EQ(pack.first(), Listpack::kEnd);
  EXPECT_EQ(pack.last(), Listpack::kEnd);
  EXPECT_EQ(pack.at(0), Listpack::kEnd);
  EXPECT_EQ(pack.at(-1), Listpack::kEnd);
  EXPECT_EQ(pack.find("a", pack.first()), Listpack::kEnd);
  EXPECT_EQ(pack.serialized(), std::string_view("\x07\0\0\0\0\0\xFF", 7));
}

TEST(Listpack, SerializesToTheKnownBytes) {
  Listpack pack;
  pack.push_back("a");
  pack.push_back("1");
  pack.push_front("hello");
  constexpr std::string_view kBytes(
      "\x13\0\0\0\x03\0\x85hello\x06\x81"
      "a\x02\x01\x01\xFF",
      19);
  EXPECT_EQ(pack.serialized(), kBytes);
}

TEST(Listpack, CountsFromBothEnds) {
  Model model;
  for (int i = 0; i < 50; ++i) model.push_back(std::to_string(i * 100));
  const Listpack pack = make(model);
  for (long i = 0; i < 50; ++i) {
    EXPECT_TRUE(pack.get(pack.at(i)).equals(std::to_string(i * 100)));
    EXPECT_EQ(pack.at(i), pack.at(i - 50));
  }
  EXPECT_EQ(pack.at(50), Listpack::kEnd);
  EXPECT_EQ(pack.at(-51), Listpack::kEnd);
}

TEST(Listpack, FindsWithAndWithoutSkipping) {
  const Listpack pack = make({"a", "b", "b", "1", "1", "c", "007", "7"});
  EXPECT_EQ(pack.find("b", pack.first()), pack.at(1));
  EXPECT_EQ(pack.find("b", pack.first(), 1), pack.at(2));
  EXPECT_EQ(pack.find("1", pack.first(), 1), pack.at(4));
  EXPECT_EQ(pack.find("c", pack.first(), 1), Listpack::kEnd);
  EXPECT_EQ(pack.find("7", pack.first()), pack.at(7));
  EXPECT_EQ(pack.find("007", pack.first()), pack.at(6));
  EXPECT_EQ(pack.find("b", pack.at(2)), pack.at(2));
  EXPECT_EQ(pack.find("7", pack.first(), 100), Listpack::kEnd);
}

TEST(Listpack, VisitsUntilToldToStop) {
  const Listpack pack = make({"a", "2", "c", "4"});
  IntegerText scratch;
  std::string seen;
  const auto add = [&](const Listpack::Element& element) {
    seen += element.view(scratch);
    return seen.size() < 3;
  };
  EXPECT_TRUE(pack.visit(pack.first(), 2, add));
  EXPECT_EQ(seen, "a2");
  EXPECT_FALSE(pack.visit(pack.at(1), 100, add));
  EXPECT_EQ(seen, "a22");
  EXPECT_TRUE(pack.visit(Listpack::kEnd, 100, add));
}

TEST(Listpack, MovesLeaveEmptyOrSwapped) {
  Listpack a = make({"a"});
  Listpack b = std::move(a);
  EXPECT_TRUE(a.empty());
  expect_holds(b, {"a"});
  a = make({"c"});
  a = std::move(b);
  expect_holds(a, {"a"});
  Listpack copy = a.clone();
  copy.push_back("d");
  expect_holds(a, {"a"});
  expect_holds(copy, {"a", "d"});
  expect_holds(Listpack().clone(), {});
}

TEST(Listpack, IntegerMutators) {
  Listpack pack;
  pack.push_back_integer(5);
  pack.push_back_integer(INT64_MIN);
  pack.replace_integer(pack.first(), 1000000);
  expect_holds(pack, {"1000000", "-9223372036854775808"});
}

TEST(Listpack, SaysWhatFits) {
  const Listpack pack = make({"a"});
  EXPECT_TRUE(pack.fits(1000));
  EXPECT_FALSE(pack.fits(Listpack::kMaxBytes));
  EXPECT_FALSE(pack.fits(SIZE_MAX));
  EXPECT_TRUE(pack.fits(Listpack::kMaxBytes - pack.bytes() - 10));
  EXPECT_FALSE(pack.fits(Listpack::kMaxBytes - pack.bytes() - 10, 2));
  EXPECT_EQ(Listpack::bytes_for("abc"), 5U);
  EXPECT_EQ(Listpack::bytes_for("1"), 2U);
}

TEST(ListpackModel, RandomOperations) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Listpack pack;
    Model model;
    for (int step = 0; step < 400; ++step) {
      const size_t at = model.empty() ? 0 : random() % model.size();
      const auto here = model.begin() + static_cast<long>(at);
      const std::string text = random_text(random);
      switch (random() % (seed % 2 == 0 ? 8 : 10)) {  // odd seeds shrink more
        case 0:
        case 1:
          pack.push_front(text);
          model.insert(model.begin(), text);
          break;
        case 2:
        case 3:
          pack.push_back(text);
          model.push_back(text);
          break;
        case 4: {
          const auto p = pack.insert_before(position(pack, at), text);
          EXPECT_TRUE(pack.get(p).equals(text));
          model.insert(here, text);
          break;
        }
        case 5:
          if (model.empty()) break;
          pack.insert_after(position(pack, at), text);
          model.insert(here + 1, text);
          break;
        case 6:
          if (model.empty()) break;
          pack.replace(position(pack, at), text);
          *here = text;
          break;
        default: {
          if (model.empty()) break;
          const size_t count = random() % 8 == 0 ? random() % 20 : 1;
          const auto p = pack.erase(position(pack, at), count);
          model.erase(here, here + static_cast<long>(std::min(count, model.size() - at)));
          EXPECT_EQ(p, at < model.size() ? position(pack, at) : Listpack::kEnd);
          break;
        }
      }
      if (step % 16 == 0) {
        ASSERT_NO_FATAL_FAILURE(expect_holds(pack, model));
      }
    }
    ASSERT_NO_FATAL_FAILURE(expect_holds(pack, model));
    ASSERT_EQ(contents_backward(pack), model);
  }
}

// Queues in every direction, with entries down to two bytes: the gap's smallest cases.
TEST(ListpackModel, Queues) {
  for (const bool in_front : {false, true}) {
    for (const bool out_front : {false, true}) {
      for (const std::string text : {"1", "200", "xxx", "element:000000012345"}) {
        Listpack pack;
        size_t count = 0;
        for (int round = 0; round < 6; ++round) {
          for (int i = 0; i < 300; ++i, ++count) {
            in_front ? pack.push_front(text) : pack.push_back(text);
          }
          for (int i = 0; i < (round == 5 ? 550 : 250); ++i, --count) {
            pack.erase(out_front ? pack.first() : pack.last());
          }
          ASSERT_NO_FATAL_FAILURE(expect_holds(pack, Model(count, text)));
        }
        EXPECT_EQ(pack.allocated_bytes(), 0U);
      }
    }
  }
}

TEST(ListpackModel, SplitsAndAppendsAnywhere) {
  const Model model = {"a", "1", "bcd", "-500", std::string(200, 'x'), "e", "70000"};
  for (size_t at = 0; at <= model.size(); ++at) {
    Listpack pack = make(model);
    Listpack tail = pack.split(position(pack, at));
    const auto middle = model.begin() + static_cast<long>(at);
    expect_holds(pack, Model(model.begin(), middle));
    expect_holds(tail, Model(middle, model.end()));
    pack.append(tail);
    expect_holds(pack, model);
  }
}

TEST(Listpack, CountsBeyondItsCountField) {
  Listpack pack;
  for (int i = 0; i < 65533; ++i) pack.push_back("1");
  for (size_t count = 65533; count < 65540; ++count) {
    ASSERT_EQ(pack.size(), count);
    pack.push_back("x");
  }
  EXPECT_TRUE(pack.get(pack.at(65533)).equals("x"));
  EXPECT_TRUE(pack.get(pack.at(-65540)).equals("1"));
  EXPECT_EQ(pack.at(65540), Listpack::kEnd);
  ASSERT_TRUE(Listpack::parse(pack.serialized()));

  Listpack tail = pack.split(pack.at(65000));
  EXPECT_EQ(pack.size(), 65000U);
  EXPECT_EQ(tail.size(), 540U);
  pack.append(tail);
  EXPECT_EQ(pack.size(), 65540U);
  // A count that went unknown stays so in the field, which the format allows.
  pack.erase(pack.first(), 1000);
  EXPECT_EQ(pack.size(), 64540U);
  const auto parsed = Listpack::parse(pack.serialized());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->size(), 64540U);
  pack.erase(pack.first(), 1000000);
  EXPECT_TRUE(pack.empty());
}

TEST(Listpack, HoldsMegabyteElements) {
  Model model;
  Listpack pack;
  for (const size_t length : {size_t{2097140}, size_t{1} << 20, size_t{2097152}}) {
    model.emplace_back(length, 'm');
    pack.push_back(model.back());
  }
  pack.push_front("front");
  model.insert(model.begin(), "front");
  expect_holds(pack, model);
  pack.replace(pack.at(2), "small");
  model[2] = "small";
  expect_holds(pack, model);
  EXPECT_TRUE(pack.get(pack.prev(pack.last())).equals("small"));
}

TEST(ListpackParse, RefusesWrongFrames) {
  const std::string good(make({"a", "12", std::string(100, 'z')}).serialized());
  ASSERT_TRUE(Listpack::parse(good));
  EXPECT_FALSE(Listpack::parse(""));
  EXPECT_FALSE(Listpack::parse(good + '\xFF'));
  auto with = [&](size_t at, char byte) {
    std::string bytes = good;
    bytes[at] = byte;
    return bytes;
  };
  EXPECT_FALSE(Listpack::parse(with(0, '\x7F')));           // total
  EXPECT_FALSE(Listpack::parse(with(3, '\x80')));           // total with the gap's mark
  EXPECT_FALSE(Listpack::parse(with(4, 2)));                // count
  EXPECT_FALSE(Listpack::parse(with(good.size() - 1, 0)));  // end mark
  EXPECT_FALSE(Listpack::parse(with(6, '\xFF')));           // end mark among the entries
  EXPECT_FALSE(Listpack::parse(with(8, 9)));                // backlen
}

// Every cut and every flipped bit, in a block of exact size: a sanitizer sees reads too far. What
// is accepted must be walkable in both directions.
TEST(ListpackParse, SurvivesEveryCutAndBitFlip) {
  const Listpack pack = make({"a", "1", "-300", "70000", "1000000", "123456789", "99999999999999",
                              std::string(70, 'x'), std::string(5000, 'y'), "", "end"});
  const std::string_view good = pack.serialized();
  auto parse_and_walk = [](std::string_view bytes) {
    const std::unique_ptr<char[]> exact(new char[bytes.size()]);
    bytes.copy(exact.get(), bytes.size());
    const auto parsed = Listpack::parse({exact.get(), bytes.size()});
    if (parsed) {
      EXPECT_EQ(contents(*parsed), contents_backward(*parsed));
    }
    return parsed.has_value();
  };
  EXPECT_TRUE(parse_and_walk(good));
  for (size_t length = 0; length < good.size(); ++length) {
    ASSERT_FALSE(parse_and_walk(good.substr(0, length)));
    std::string cut(good.substr(0, length));  // with a total and an end mark that fit the cut
    if (length < 7) continue;
    listpack::store(reinterpret_cast<uint8_t*>(cut.data()), static_cast<uint32_t>(length));
    cut.back() = '\xFF';
    cut[4] = cut[5] = '\xFF';
    parse_and_walk(cut);
  }
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string flipped(good);
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    parse_and_walk(flipped);
  }
}

// Other writers need not choose the shortest form; what they wrote reads as what it says.
TEST(ListpackParse, AcceptsFormsThatAreNotTheShortest) {
  constexpr std::string_view kBytes(
      "\x12\0\0\0\x02\0\xF1\x05\0\x03\xF0\x01\0\0\0"
      "7\x06\xFF",
      18);
  auto pack = Listpack::parse(kBytes);
  ASSERT_TRUE(pack);
  EXPECT_EQ(contents(*pack), (Model{"5", "7"}));
  EXPECT_EQ(pack->find("7", pack->first()), pack->last());
  EXPECT_EQ(pack->find("5", pack->first()), pack->first());
  pack->replace(pack->last(), "8");
  expect_holds(*pack, {"5", "8"});
}

}  // namespace
}  // namespace weir::redis
