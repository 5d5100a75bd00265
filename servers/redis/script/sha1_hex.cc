#include "servers/redis/script/sha1_hex.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace weir::redis {

std::string sha1_hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<unsigned char, SHA_DIGEST_LENGTH> hash;
  ::SHA1(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash.data());
  std::string hex;
  hex.reserve(2 * hash.size());
  for (const unsigned char byte : hash) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

std::string lower_digest(std::string_view digest) {
  std::string lower(digest);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return lower;
}

}  // namespace weir::redis
