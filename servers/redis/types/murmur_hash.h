// MurmurHash64A: the 64-bit version of Austin Appleby's MurmurHash2 (public domain,
// https://github.com/aappleby/smhasher), by which HyperLogLogs know their elements. Fixed for ever:
// stored values depend on it. No defence against chosen elements; the table's hash is key_hash.h.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::redis {

std::uint64_t murmur_hash_64a(std::string_view text, std::uint64_t seed);

}  // namespace weir::redis
