#include "servers/redis/types/list.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>

namespace weir::redis {
namespace {

using Model = std::deque<std::string>;

EncodingLimits limits_of(int list_max_listpack_size) {
  EncodingLimits limits;
  limits.list_max_listpack_size = list_max_listpack_size;
  return limits;
}

const EncodingLimits kDefault;

Model contents(const List& list) {
  Model elements;
  IntegerText scratch;
  list.for_each([&](const List::Element& element) {
    elements.emplace_back(element.view(scratch));
    return true;
  });
  return elements;
}

Model contents_backward(const List& list) {
  Model elements;
  IntegerText scratch;
  if (list.empty()) return elements;
  list.visit_backward(list.size() - 1, list.size(), [&](const List::Element& element) {
    elements.emplace_front(element.view(scratch));
    return true;
  });
  return elements;
}

void expect_holds(const List& list, const Model& model, const EncodingLimits& limits) {
  ASSERT_EQ(list.size(), model.size());
  ASSERT_EQ(contents(list), model);
  ASSERT_EQ(contents_backward(list), model);
  if (!model.empty()) {
    ASSERT_TRUE(list.front().equals(model.front()));
    ASSERT_TRUE(list.back().equals(model.back()));
  }
  const ListNodeLimit limit(limits);
  size_t counted = 0;
  list.for_each_listpack([&](const Listpack& entries) {
    ASSERT_FALSE(entries.empty());
    ASSERT_TRUE(limit.allows(entries.bytes(), entries.size()));
    ASSERT_TRUE(Listpack::parse(entries.serialized()));
    counted += entries.size();
  });
  ASSERT_EQ(counted, model.size());
}

size_t count_nodes(const List& list) {
  size_t count = 0;
  list.for_each_listpack([&](const Listpack&) { ++count; });
  return count;
}

TEST(List, StartsEmpty) {
  const List list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.encoding(), "quicklist");
  EXPECT_FALSE(list.at(0));
  EXPECT_FALSE(list.at(-1));
  EXPECT_EQ(list.memory_usage(), sizeof(List));
  expect_holds(list, {}, kDefault);
  expect_holds(list.clone(), {}, kDefault);
}

TEST(List, AbsentPlacesChangeNothing) {
  List list;
  EXPECT_FALSE(list.set(0, "x", kDefault));
  EXPECT_FALSE(list.insert_before("p", "x", kDefault));
  EXPECT_EQ(list.remove(0, "x", kDefault), 0U);
  list.pop_front();
  list.pop_back();
  list.trim(0, 10);
  list.append(Listpack());
  EXPECT_TRUE(list.empty());
  list.push_back("a", kDefault);
  EXPECT_FALSE(list.set(1, "x", kDefault));
  EXPECT_FALSE(list.set(-2, "x", kDefault));
  EXPECT_FALSE(list.insert_after("p", "x", kDefault));
  expect_holds(list, {"a"}, kDefault);
}

TEST(List, SmallListIsCheap) {
  List list;
  for (const char* text : {"one", "two", "three"}) list.push_back(text, kDefault);
  EXPECT_LE(list.memory_usage(), 80U);
  EXPECT_EQ(count_nodes(list), 1U);
}

TEST(List, LongListCostsTheFormatsOverhead) {
  List list;
  constexpr size_t kCount = 100000;
  for (size_t i = 0; i < kCount; ++i) list.push_back("element:000000012345", kDefault);
  // 22 bytes an entry; node and rounding add less than a hundredth.
  EXPECT_LT(static_cast<double>(list.memory_usage()) / kCount, 22.3);
}

TEST(List, MovesKeepTheChain) {
  Model model;
  List list;
  for (int i = 0; i < 5000; ++i) {
    model.push_back("element " + std::to_string(i));
    list.push_back(model.back(), kDefault);
  }
  List moved = std::move(list);
  expect_holds(list, {}, kDefault);
  expect_holds(moved, model, kDefault);
  list.push_back("again", kDefault);
  list = std::move(moved);
  list.push_front("first", kDefault);
  model.push_front("first");
  expect_holds(list, model, kDefault);
  List copy = list.clone();
  copy.pop_front();
  expect_holds(list, model, kDefault);
  model.pop_front();
  expect_holds(copy, model, kDefault);
}

TEST(List, VisitsStopWhenTold) {
  List list;
  for (int i = 0; i < 20; ++i) list.push_back(std::to_string(i), limits_of(3));
  size_t seen = 0;
  const auto stop_at_five = [&](const List::Element&) { return ++seen < 5; };
  EXPECT_FALSE(list.visit(10, 20, stop_at_five));
  EXPECT_EQ(seen, 5U);
  seen = 0;
  EXPECT_FALSE(list.visit_backward(10, 20, stop_at_five));
  EXPECT_EQ(seen, 5U);
  seen = 0;
  EXPECT_TRUE(list.visit_backward(2, 20, stop_at_five));
  EXPECT_EQ(seen, 3U);
  EXPECT_TRUE(list.visit(20, 1, stop_at_five));
  EXPECT_TRUE(list.visit_backward(20, 1, stop_at_five));
}

TEST(List, LimitMeansBytesOrElements) {
  const struct {
    int setting;
    size_t max_bytes, max_count;
  } kCases[] = {{-1, 4096, SIZE_MAX},
                {-2, 8192, SIZE_MAX},
                {-3, 16384, SIZE_MAX},
                {-4, 32768, SIZE_MAX},
                {-5, 65536, SIZE_MAX},
                {-6, 65536, SIZE_MAX},
                {INT32_MIN, 65536, SIZE_MAX},
                {0, 8192, 1},
                {1, 8192, 1},
                {128, 8192, 128},
                {INT32_MAX, 8192, INT32_MAX}};
  for (const auto& c : kCases) {
    const EncodingLimits limits = limits_of(c.setting);
    EXPECT_EQ(ListNodeLimit(limits).max_bytes, c.max_bytes) << c.setting;
    EXPECT_EQ(ListNodeLimit(limits).max_count, c.max_count) << c.setting;
  }
  List list;
  for (int i = 0; i < 12; ++i) list.push_front("x", limits_of(4));
  EXPECT_EQ(count_nodes(list), 3U);
}

TEST(List, LargeElementsStandAlone) {
  List list;
  Model model;
  for (const size_t length : {size_t{3}, size_t{1} << 20, size_t{8192}, size_t{3}}) {
    model.emplace_back(length, 'z');
    list.push_back(model.back(), kDefault);
  }
  EXPECT_EQ(count_nodes(list), 4U);
  expect_holds(list, model, kDefault);
  // Growing an element past its node's limit takes it out, shrinking it lets it stay.
  for (int i = 0; i < 100; ++i) list.push_back("tail", kDefault), model.push_back("tail");
  ASSERT_TRUE(list.set(50, std::string(9000, 'q'), kDefault));
  model[50] = std::string(9000, 'q');
  expect_holds(list, model, kDefault);
  ASSERT_TRUE(list.set(1, "small", kDefault));
  model[1] = "small";
  expect_holds(list, model, kDefault);
}

TEST(List, InsertingAtOnePlaceKeepsNodesFilled) {
  List list;
  for (const char* text : {"a", "pivot", "z"}) list.push_back(text, kDefault);
  for (int i = 0; i < 20000; ++i) {
    ASSERT_TRUE(list.insert_after("pivot", "between, again", kDefault));
  }
  EXPECT_LE(count_nodes(list), 2 * (20000 * 16 / 8192) + 2);
}

TEST(List, RemovingJoinsWhatIsLeft) {
  List list;
  for (int i = 0; i < 30000; ++i) list.push_back(i % 10 == 0 ? "keep" : "drop", kDefault);
  EXPECT_EQ(list.remove(0, "drop", kDefault), 27000U);
  EXPECT_LE(count_nodes(list), 2 * (3000 * 6 / 8192) + 2);
  expect_holds(list, Model(3000, "keep"), kDefault);
  EXPECT_EQ(list.remove(INT64_MIN, "keep", kDefault), 3000U);
  EXPECT_TRUE(list.empty());
}

TEST(List, TakesDumpedNodesAsTheyAre) {
  List list;
  Model model;
  for (int i = 0; i < 3000; ++i) {
    model.push_back("element " + std::to_string(i));
    list.push_back(model.back(), kDefault);
  }
  List loaded;
  list.for_each_listpack([&](const Listpack& entries) {
    auto parsed = Listpack::parse(entries.serialized());
    ASSERT_TRUE(parsed);
    loaded.append(std::move(*parsed));
  });
  expect_holds(loaded, model, kDefault);

  Listpack oversized;  // beyond the count that a listpack's header can hold
  for (int i = 0; i < 70000; ++i) oversized.push_back("1");
  loaded.append(std::move(oversized));
  loaded.push_back("end", kDefault);
  EXPECT_EQ(loaded.size(), 73001U);
  EXPECT_TRUE(loaded.at(72999)->equals("1"));
  EXPECT_EQ(loaded.remove(-69999, "1", kDefault), 69999U);
  EXPECT_TRUE(loaded.at(3000)->equals("1"));
  EXPECT_TRUE(loaded.back().equals("end"));
}

}  // namespace
}  // namespace weir::redis
