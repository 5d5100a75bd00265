#include "servers/redis/types/key_hash.h"

#include <sys/random.h>

#include <array>
#include <cerrno>

#include "base/check.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weir::redis {
namespace {

using Secret = std::array<unsigned char, XXH_SECRET_DEFAULT_SIZE>;
static_assert(std::tuple_size_v<Secret> >= XXH3_SECRET_SIZE_MIN);

// Kept apart, so that each hash does not save the registers that this takes.
[[gnu::noinline]] Secret draw_secret() {
  Secret secret;
  size_t filled = 0;
  while (filled < secret.size()) {
    const ssize_t count = getrandom(secret.data() + filled, secret.size() - filled, 0);
    WEIR_CHECK(count > 0 || errno == EINTR);
    if (count > 0) filled += static_cast<size_t>(count);
  }
  return secret;
}

}  // namespace

uint64_t key_hash(std::string_view key) {
  static const Secret secret = draw_secret();
  return XXH3_64bits_withSecret(key.data(), key.size(), secret.data(), secret.size());
}

}  // namespace weir::redis
