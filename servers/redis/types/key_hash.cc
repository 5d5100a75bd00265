#include "servers/redis/types/key_hash.h"

#include <sys/random.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>

#include "base/check.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weir::redis {
namespace {

using Secret = std::array<unsigned char, XXH_SECRET_DEFAULT_SIZE>;
static_assert(std::tuple_size_v<Secret> >= XXH3_SECRET_SIZE_MIN);

struct {
  std::atomic<bool> drawn{false};
  Secret bytes{};
} constinit secret;

// Kept apart, so that each hash does not save the registers that this takes.
[[gnu::noinline, gnu::cold]] void draw_secret() {
  static std::once_flag once;
  std::call_once(once, [] {
    size_t filled = 0;
    while (filled < secret.bytes.size()) {
      const ssize_t count =
          getrandom(secret.bytes.data() + filled, secret.bytes.size() - filled, 0);
      WEIR_CHECK(count > 0 || errno == EINTR);
      if (count > 0) filled += static_cast<size_t>(count);
    }
    secret.drawn.store(true, std::memory_order_release);
  });
}

}  // namespace

uint64_t key_hash(std::string_view key) {
  if (!secret.drawn.load(std::memory_order_acquire)) draw_secret();
  return XXH3_64bits_withSecret(key.data(), key.size(), secret.bytes.data(), secret.bytes.size());
}

}  // namespace weir::redis
