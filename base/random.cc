#include "base/random.h"

#include <sys/random.h>

#include "base/check.h"

namespace weir {

std::uint64_t Random::entropy() {
  std::uint64_t word = 0;
  WEIR_CHECK(::getrandom(&word, sizeof word, 0) == static_cast<ssize_t>(sizeof word));
  return word;
}

Random& Random::of_thread() {
  thread_local Random random(entropy());
  return random;
}

}  // namespace weir
