// The List against a std::deque under random operations: every operation, nodes of every size.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>

#include "servers/redis/types/list.h"

namespace weir::redis {
namespace {

using Model = std::deque<std::string>;
using Random = std::mt19937_64;

std::string random_text(Random& random) {
  switch (random() % 8) {
    case 0:
      return std::string(random() % 300, 'x');
    case 1:
      return random() % 32 == 0 ? std::string(random() % 20000, 'y') : "y";
    case 2:
    case 3:
      return std::string(1 + random() % 3, static_cast<char>('a' + random() % 3));
    case 4:
      return std::to_string(static_cast<int64_t>(random()));
    default:
      return std::to_string(random() % 5);  // often equal, for pivots and removals
  }
}

// LREM's meaning on the model.
size_t remove_from(Model& model, long count, const std::string& value) {
  const size_t most = count == 0 ? model.size() : static_cast<size_t>(std::abs(count));
  if (count < 0) std::reverse(model.begin(), model.end());
  size_t removed = 0;
  for (auto it = model.begin(); it != model.end() && removed < most;) {
    if (*it == value) {
      it = model.erase(it);
      ++removed;
    } else {
      ++it;
    }
  }
  if (count < 0) std::reverse(model.begin(), model.end());
  return removed;
}

Model slice_of(const Model& model, size_t first, size_t count) {
  first = std::min(first, model.size());
  const auto from = model.begin() + static_cast<long>(first);
  return {from, from + static_cast<long>(std::min(count, model.size() - first))};
}

class ListModel {
 public:
  ListModel(int list_max_listpack_size, uint64_t seed) : random_(seed) {
    limits_.list_max_listpack_size = list_max_listpack_size;
  }

  void step() {
    text_ = random_text(random_);
    at_ = random_() % (model_.size() + 1);
    switch (random_() % 16) {
      case 0:
      case 1:
      case 2:
        return push(true);
      case 3:
      case 4:
      case 5:
        return push(false);
      case 6:
      case 7:
        return pop(random_() % 2 == 0);
      case 8:
        return index();
      case 9:
      case 10:
        return set();
      case 11:
      case 12:
        return insert(random_() % 2 == 0);
      case 13:
        return remove();
      case 14:
        return range();
      default:
        return random_() % 20 == 0 ? trim(random_() % (model_.size() + 1)) : push(false);
    }
  }

  void push(bool front) {
    front ? list_.push_front(text_, limits_) : list_.push_back(text_, limits_);
    front ? model_.push_front(text_) : model_.push_back(text_);
  }

  void pop(bool front) {
    const size_t count = random_() % 16 == 0 ? random_() % 200 : 1;
    front ? list_.pop_front(count) : list_.pop_back(count);
    const auto n = static_cast<long>(std::min(count, model_.size()));
    front ? model_.erase(model_.begin(), model_.begin() + n)
          : model_.erase(model_.end() - n, model_.end());
  }

  void index() {
    const auto size = static_cast<long>(model_.size());
    const long index = static_cast<long>(at_) - (random_() % 2 == 0 ? 0 : 1 + size);
    const long place = index < 0 ? index + size : index;
    const auto found = list_.at(index);
    ASSERT_EQ(found.has_value(), place >= 0 && place < size);
    if (found) {
      ASSERT_TRUE(found->equals(model_[static_cast<size_t>(place)]));
    }
  }

  void set() {
    ASSERT_EQ(list_.set(static_cast<long>(at_), text_, limits_), at_ < model_.size());
    if (at_ < model_.size()) model_[at_] = text_;
  }

  void insert(bool before) {
    const std::string pivot = at_ < model_.size() ? model_[at_] : "absent";
    const auto found = std::find(model_.begin(), model_.end(), pivot);
    const bool inserted = before ? list_.insert_before(pivot, text_, limits_)
                                 : list_.insert_after(pivot, text_, limits_);
    ASSERT_EQ(inserted, found != model_.end());
    if (inserted) model_.insert(found + (before ? 0 : 1), text_);
  }

  void remove() {
    const long count = static_cast<long>(random_() % 9) - 4;
    ASSERT_EQ(list_.remove(count, text_, limits_), remove_from(model_, count, text_));
  }

  void range() {
    const size_t count = random_() % 50;
    Model seen;
    IntegerText scratch;
    list_.visit(at_, count, [&](const List::Element& element) {
      seen.emplace_back(element.view(scratch));
      return true;
    });
    ASSERT_EQ(seen, slice_of(model_, at_, count));
  }

  void trim(size_t count) {
    list_.trim(at_, count);
    model_ = slice_of(model_, at_, count);
  }

  void expect_equal() {
    ASSERT_EQ(list_.size(), model_.size());
    Model forward, backward;
    IntegerText scratch;
    list_.for_each([&](const List::Element& element) {
      forward.emplace_back(element.view(scratch));
      return true;
    });
    list_.visit_backward(list_.size() - 1, list_.size(), [&](const List::Element& element) {
      backward.emplace_front(element.view(scratch));
      return true;
    });
    ASSERT_EQ(forward, model_);
    ASSERT_EQ(backward, model_);
    const ListNodeLimit limit(limits_);
    list_.for_each_listpack([&](const Listpack& entries) {
      ASSERT_FALSE(entries.empty());
      ASSERT_TRUE(limit.allows(entries.bytes(), entries.size()));
      ASSERT_TRUE(Listpack::parse(entries.serialized()));
    });
  }

 private:
  Random random_;
  EncodingLimits limits_;
  List list_;
  Model model_;
  std::string text_;
  size_t at_ = 0;
};

TEST(ListModel, RandomOperations) {
  for (const int setting : {-2, -1, -5, 1, 2, 7}) {
    for (uint64_t seed = 0; seed < 12; ++seed) {
      SCOPED_TRACE(testing::Message() << "setting " << setting << " seed " << seed);
      ListModel model(setting, seed);
      for (int i = 0; i < 1500; ++i) {
        ASSERT_NO_FATAL_FAILURE(model.step());
        if (i % 64 == 0) {
          ASSERT_NO_FATAL_FAILURE(model.expect_equal());
        }
      }
      model.trim(0);
      ASSERT_NO_FATAL_FAILURE(model.expect_equal());
    }
  }
}

TEST(ListModel, LongListAtItsEndsAndMiddle) {
  const EncodingLimits limits;
  Random random(7);
  List list;
  Model model;
  for (int i = 0; i < 150000; ++i) {
    const std::string text = std::to_string(random() % 1000000);
    if (random() % 2 == 0) {
      list.push_front(text, limits);
      model.push_front(text);
    } else {
      list.push_back(text, limits);
      model.push_back(text);
    }
  }
  ASSERT_EQ(list.size(), model.size());
  for (int i = 0; i < 2000; ++i) {
    const size_t at = random() % model.size();
    ASSERT_TRUE(list.at(static_cast<long>(at))->equals(model[at]));
    ASSERT_TRUE(
        list.at(static_cast<long>(at) - static_cast<long>(model.size()))->equals(model[at]));
  }
  while (!model.empty()) {
    const bool front = random() % 2 == 0;
    ASSERT_TRUE(front ? list.front().equals(model.front()) : list.back().equals(model.back()));
    front ? list.pop_front() : list.pop_back();
    front ? model.pop_front() : model.pop_back();
  }
  EXPECT_EQ(list.memory_usage(), sizeof(List));
}

}  // namespace
}  // namespace weir::redis
