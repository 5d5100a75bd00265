// Digests of keys and values, as DEBUG DIGEST tells them: two servers, or one server before and
// after, hold the same data if they tell the same digest. Redis' own, so that it may be compared
// with one of Redis: SHA-1 of each part, joined by exclusive or where parts have no order.
//
// Thread rule: values, none shared; the lock of the key's shard while a value is read.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "servers/redis/keyspace/entry.h"

namespace weir::redis::commands {

class Digest {
 public:
  // Adds a part without regard to those before it.
  void add(std::string_view part);
  void add(const Digest& part) { add(part.view()); }
  // Adds a part behind all that is there.
  void append(std::string_view part);
  // Redis' numbers of types and databases: four bytes, the highest first.
  void append_number(std::uint32_t number);

  // 40 hexadecimal digits.
  std::string text() const;

 private:
  std::string_view view() const;

  std::array<unsigned char, 20> bytes_{};
};

// Appends an entry's type and value, and that it has an expiry. Not the key.
void append_value(Digest& digest, const Entry& entry);

}  // namespace weir::redis::commands
