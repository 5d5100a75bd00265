// Commands that return some fields of a hash: at random, or a part at a time.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "base/random.h"
#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/collection_scan.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/sampling.h"
#include "servers/redis/types/hash.h"

namespace weir::redis::commands {
namespace {

// Calls visit(field, value) for `wanted` different fields. REQUIRES: wanted <= hash.size().
template <class Visit>
void sample(const Hash& hash, std::size_t wanted, Visit&& visit) {
  if (hash.listpack() != nullptr || !picking_is_cheaper(wanted, hash.size())) {
    return sample_by_walk(hash, wanted, Random::of_thread(), visit);
  }
  PickedElements picked(wanted);
  while (picked.size() < wanted) {
    hash.random(Random::of_thread(), [&](std::string_view field, std::string_view value) {
      if (picked.add(field)) visit(field, value);
    });
  }
}

void reply_sample(Call& call, const Hash& hash, SampleSize size, bool with_values) {
  const bool nested = with_values && call.reply.protocol() == 3;
  const std::size_t count = size.repeated ? size.count : std::min(size.count, hash.size());
  call.reply.array(with_values && !nested ? 2 * count : count);
  const auto reply_pair = [&](std::string_view field, std::string_view value) {
    if (nested) call.reply.array(2);
    call.reply.bulk(field);
    if (with_values) call.reply.bulk(value);
  };
  if (!size.repeated) return sample(hash, count, reply_pair);
  for (std::size_t i = 0; i < count; ++i) hash.random(Random::of_thread(), reply_pair);
}

void reply_random_field(Call& call) {
  Hash* hash = nullptr;
  if (!call.read(1, hash)) return;
  if (hash == nullptr) return call.reply.null();
  hash->random(Random::of_thread(),
               [&](std::string_view field, std::string_view) { call.reply.bulk(field); });
}

void hrandfield(Call& call) {
  if (call.size() == 2) return reply_random_field(call);
  std::int64_t count = 0;
  if (!read_negatable(call, 2, count)) return;
  const bool with_values = call.size() == 4 && call.is_option(3, "withvalues");
  if (call.size() > 4 || (call.size() == 4 && !with_values)) return call.syntax_error();
  constexpr std::int64_t kMaxPairs = std::numeric_limits<std::int64_t>::max() / 2;
  if (with_values && (count < -kMaxPairs || count > kMaxPairs)) {
    return call.error("ERR value is out of range");
  }
  Hash* hash = nullptr;
  if (!call.read(1, hash)) return;
  if (hash == nullptr) return call.reply.array(0);
  SampleSize size;
  if (SampleSize::from_count(call, count, size)) reply_sample(call, *hash, size, with_values);
}

void hscan(Call& call) {
  scan_collection<Hash>(call, [](const Hash&, CollectedElements& found, std::string_view field,
                                 std::string_view value) {
    found.next().bulk(field);
    found.next().bulk(value);
  });
}

constexpr Command kRows[] = {
    {"hrandfield", -2, kReadonly, {1, 1, 1}, hrandfield, "6.2.0", "Returns random fields."},
    {"hscan",
     -3,
     kReadonly,
     {1, 1, 1},
     hscan,
     "2.8.0",
     "Iterates over the fields, a part at a time."},
};

}  // namespace

const CommandGroup kHashSample{"hash", kRows};

}  // namespace weir::redis::commands
