#include "servers/redis/commands/value_digest.h"

#include <openssl/sha.h>

#include "servers/redis/types/direction.h"
#include "servers/redis/types/hash.h"
#include "servers/redis/types/integer_text.h"
#include "servers/redis/types/list.h"
#include "servers/redis/types/score.h"
#include "servers/redis/types/set.h"
#include "servers/redis/types/sorted_set.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {
namespace {

static_assert(SHA_DIGEST_LENGTH == 20);

const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void append_list(Digest& digest, const List& list) {
  list.for_each([&digest](const Listpack::Element& element) {
    IntegerText scratch;
    digest.append(element.is_integer ? scratch.format(element.integer) : element.text);
    return true;
  });
}

void append_set(Digest& digest, const Set& set) {
  set.for_each([&digest](std::string_view member) { digest.add(member); });
}

void append_sorted_set(Digest& digest, const SortedSet& set) {
  set.for_each([&digest](std::string_view member, double score) {
    ScoreText scratch;
    Digest pair;
    pair.append(member);
    pair.append(scratch.format(score));
    digest.add(pair);
  });
}

void append_hash(Digest& digest, const Hash& hash) {
  hash.for_each([&digest](std::string_view field, std::string_view value) {
    Digest pair;
    pair.append(field);
    pair.append(value);
    digest.add(pair);
  });
}

void append_stream(Digest& digest, const Stream& stream) {
  const auto append = [&digest](const StreamEntry& entry) {
    const StreamId id = entry.id();
    digest.append(std::to_string(id.ms) + "." + std::to_string(id.seq));
    entry.for_each([&digest](std::string_view field, std::string_view value) {
      digest.append(field);
      digest.append(value);
    });
  };
  stream.range(StreamId{}, stream.last_id(), Direction::kForward, stream.size(), append);
}

}  // namespace

void Digest::add(std::string_view part) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> hash;
  ::SHA1(unsigned_bytes(part), part.size(), hash.data());
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    bytes_[i] = static_cast<unsigned char>(bytes_[i] ^ hash[i]);
  }
}

void Digest::append(std::string_view part) {
  add(part);
  const std::array<unsigned char, SHA_DIGEST_LENGTH> joined = bytes_;
  ::SHA1(joined.data(), joined.size(), bytes_.data());
}

void Digest::append_number(std::uint32_t number) {
  const std::array<char, 4> bytes = {
      static_cast<char>(number >> 24), static_cast<char>(number >> 16 & 0xff),
      static_cast<char>(number >> 8 & 0xff), static_cast<char>(number & 0xff)};
  append({bytes.data(), bytes.size()});
}

std::string Digest::text() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes_) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::string_view Digest::view() const {
  return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
}

void append_value(Digest& digest, const Entry& entry) {
  const auto append = [&digest](std::uint32_t type, auto add, const auto& value) {
    digest.append_number(type);
    add(digest, value);
  };
  switch (entry.type()) {
    case Type::kString:
      digest.append_number(0);
      digest.append(entry.text());
      break;
    case Type::kList:
      append(1, append_list, *entry.object<List>());
      break;
    case Type::kSet:
      append(2, append_set, *entry.object<Set>());
      break;
    case Type::kSortedSet:
      append(3, append_sorted_set, *entry.object<SortedSet>());
      break;
    case Type::kHash:
      append(4, append_hash, *entry.object<Hash>());
      break;
    case Type::kStream:
      append(6, append_stream, *entry.object<Stream>());
      break;
  }
  if (entry.has_expiry()) digest.add("!!expire!!");
}

}  // namespace weir::redis::commands
