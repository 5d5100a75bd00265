#include "core/address_hash.h"

#include <sys/random.h>

#include <array>
#include <cerrno>

#include "base/check.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weir {
namespace {

using Secret = std::array<unsigned char, XXH_SECRET_DEFAULT_SIZE>;
static_assert(std::tuple_size_v<Secret> >= XXH3_SECRET_SIZE_MIN);

Secret draw_secret() {
  Secret secret;
  std::size_t filled = 0;
  while (filled < secret.size()) {
    const ssize_t count = ::getrandom(secret.data() + filled, secret.size() - filled, 0);
    WEIR_CHECK(count > 0 || errno == EINTR);
    if (count > 0) filled += static_cast<std::size_t>(count);
  }
  return secret;
}

}  // namespace

std::size_t address_hash(const Address& address) {
  static const Secret secret = draw_secret();
  return XXH3_64bits_withSecret(address.data(), address.length(), secret.data(), secret.size());
}

}  // namespace weir
