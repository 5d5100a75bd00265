// Commands on one set and SMOVE. Operations on several are in set_algebra.cc.

#include "servers/redis/types/set.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/random.h"
#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/collection_scan.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/sampling.h"
#include "servers/redis/types/integer_text.h"

namespace weir::redis::commands {
namespace {

void sadd(Call& call) {
  Set* set = call.find_or_create<Set>(1);
  if (set == nullptr) return;
  std::int64_t added = 0;
  for (std::size_t i = 2; i < call.size(); ++i) {
    added += set->add(call.argument(i), call.limits()) ? 1 : 0;
  }
  if (added > 0) call.changed(1, {kSetEvent, "sadd"});
  call.reply.integer(added);
}

void srem(Call& call) {
  Set* set = nullptr;
  if (!call.find(1, set)) return;
  if (set == nullptr) return call.reply.integer(0);
  std::int64_t removed = 0;
  for (std::size_t i = 2; i < call.size(); ++i) removed += set->remove(call.argument(i)) ? 1 : 0;
  if (removed > 0) call.changed(1, {kSetEvent, "srem"}, *set);
  call.reply.integer(removed);
}

void smove(Call& call) {
  Set* from = nullptr;
  Set* to = nullptr;
  if (!call.find(1, from)) return;
  if (from == nullptr) return call.reply.integer(0);
  if (!call.find(2, to)) return;
  const std::string_view member = call.argument(3);
  if (from == to) return call.reply.integer(from->contains(member) ? 1 : 0);
  if (!from->remove(member)) return call.reply.integer(0);
  call.changed(1, {kSetEvent, "srem"}, *from);
  if (to == nullptr) to = call.create<Set>(2);
  if (to->add(member, call.limits())) call.changed(2, {kSetEvent, "sadd"});
  call.reply.integer(1);
}

void scard(Call& call) {
  Set* set = nullptr;
  if (!call.read(1, set)) return;
  call.reply.integer(set == nullptr ? 0 : static_cast<std::int64_t>(set->size()));
}

std::int64_t is_member(const Set* set, std::string_view member) {
  return set != nullptr && set->contains(member) ? 1 : 0;
}

void sismember(Call& call) {
  Set* set = nullptr;
  if (call.read(1, set)) call.reply.integer(is_member(set, call.argument(2)));
}

void smismember(Call& call) {
  Set* set = nullptr;
  if (!call.read(1, set)) return;
  call.reply.array(call.size() - 2);
  for (std::size_t i = 2; i < call.size(); ++i) {
    call.reply.integer(is_member(set, call.argument(i)));
  }
}

void reply_members(Call& call, const Set& set) {
  set.for_each([&](std::string_view member) { call.reply.bulk(member); });
}

void smembers(Call& call) {
  Set* set = nullptr;
  if (!call.read(1, set)) return;
  call.reply.set(set == nullptr ? 0 : set->size());
  if (set != nullptr) reply_members(call, *set);
}

constexpr KeyEvent kPopped{kSetEvent, "spop"};

void pop_one(Call& call) {
  Set* set = nullptr;
  if (!call.find(1, set)) return;
  if (set == nullptr) return call.reply.null();
  set->pop_random(Random::of_thread(), [&](std::string_view member) { call.reply.bulk(member); });
  call.changed(1, kPopped, *set);
}

void pop_some(Call& call) {
  std::int64_t requested = 0;
  if (!read_count(call, 2, requested)) return;
  Set* set = nullptr;
  if (!call.find(1, set)) return;
  if (set == nullptr || requested == 0) return call.reply.set(0);
  const std::size_t count = std::min(static_cast<std::size_t>(requested), set->size());
  call.reply.set(count);
  if (count == set->size()) {
    reply_members(call, *set);
    call.announce(1, kPopped);
    call.remove(1);
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    set->pop_random(Random::of_thread(), [&](std::string_view member) { call.reply.bulk(member); });
  }
  call.changed(1, kPopped);
}

void spop(Call& call) {
  if (call.size() > 3) return call.syntax_error();
  return call.size() == 3 ? pop_some(call) : pop_one(call);
}

void reply_random_member(Call& call, const Set& set) {
  IntegerText scratch;
  call.reply.bulk(set.random_member(Random::of_thread(), scratch));
}

// REQUIRES: wanted <= set.size().
void reply_distinct_members(Call& call, const Set& set, std::size_t wanted) {
  if (set.intset() != nullptr || !picking_is_cheaper(wanted, set.size())) {
    return sample_by_walk(set, wanted, Random::of_thread(),
                          [&](std::string_view member) { call.reply.bulk(member); });
  }
  IntegerText scratch;  // stays unused: a hash table gives views of its own members
  PickedElements picked(wanted);
  while (picked.size() < wanted) {
    const std::string_view member = set.random_member(Random::of_thread(), scratch);
    if (picked.add(member)) call.reply.bulk(member);
  }
}

void reply_sample(Call& call, const Set& set, SampleSize size) {
  const std::size_t count = size.repeated ? size.count : std::min(size.count, set.size());
  call.reply.array(count);
  if (!size.repeated) return reply_distinct_members(call, set, count);
  for (std::size_t i = 0; i < count; ++i) reply_random_member(call, set);
}

void srandmember(Call& call) {
  if (call.size() > 3) return call.syntax_error();
  const bool single = call.size() == 2;
  std::int64_t count = 0;
  if (!single && !read_negatable(call, 2, count)) return;
  Set* set = nullptr;
  if (!call.read(1, set)) return;
  if (set == nullptr) return single ? call.reply.null() : call.reply.array(0);
  if (single) return reply_random_member(call, *set);
  SampleSize size;
  if (SampleSize::from_count(call, count, size)) reply_sample(call, *set, size);
}

void sscan(Call& call) {
  scan_collection<Set>(call, [](const Set&, CollectedElements& found, std::string_view member) {
    found.next().bulk(member);
  });
}

constexpr std::uint32_t kFastRead = kReadonly | kFast;
constexpr KeyRange kFirst{1, 1, 1};

constexpr Command kRows[] = {
    {"sadd", -3, kWrite | kDenyOom | kFast, kFirst, sadd, "1.0.0", "Adds members to a set."},
    {"srem", -3, kWrite | kFast, kFirst, srem, "1.0.0", "Removes members."},
    {"spop", -2, kWrite | kFast, kFirst, spop, "1.0.0", "Removes and returns random members."},
    {"srandmember", -2, kReadonly, kFirst, srandmember, "1.0.0", "Returns random members."},
    {"sismember", 3, kFastRead, kFirst, sismember, "1.0.0", "Says whether a member exists."},
    {"smismember", -3, kFastRead, kFirst, smismember, "6.2.0", "Says which members exist."},
    {"smembers", 2, kReadonly, kFirst, smembers, "1.0.0", "Returns all members."},
    {"scard", 2, kFastRead, kFirst, scard, "1.0.0", "Returns the number of members."},
    {"smove", 4, kWrite | kFast, {1, 2, 1}, smove, "1.0.0", "Moves a member to another set."},
    {"sscan", -3, kReadonly, kFirst, sscan, "2.8.0",
     "Iterates over the members, a part at a time."},
};

}  // namespace

const CommandGroup kSet{"set", kRows};

}  // namespace weir::redis::commands
