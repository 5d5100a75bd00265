#include "servers/redis/rdb/value.h"

#include <utility>

namespace weir::redis::rdb {
namespace {

struct EntryMaker {
  std::string_view key;
  std::int64_t expiry;

  template <class T>
  Entry* make(Type type, T& value) const {
    return Entry::make_object(key, type, new T(std::move(value)), expiry);
  }
  Entry* operator()(std::string& value) const { return Entry::make_text(key, value, expiry); }
  Entry* operator()(List& value) const { return make(Type::kList, value); }
  Entry* operator()(Set& value) const { return make(Type::kSet, value); }
  Entry* operator()(SortedSet& value) const { return make(Type::kSortedSet, value); }
  Entry* operator()(Hash& value) const { return make(Type::kHash, value); }
  Entry* operator()(Stream& value) const { return make(Type::kStream, value); }
};

}  // namespace

Entry* make_entry(std::string_view key, Value value, std::int64_t expiry) {
  return std::visit(EntryMaker{key, expiry}, value);
}

}  // namespace weir::redis::rdb
