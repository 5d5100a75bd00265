#include "servers/redis/memory/allocator.h"

#include <malloc.h>

// mimalloc's interface, weak so that programs without it link too.
extern "C" {
[[gnu::weak]] int mi_version(void) noexcept;
[[gnu::weak]] void mi_collect(bool force) noexcept;
[[gnu::weak]] void mi_stats_print_out(void (*out)(const char* text, void* argument),
                                      void* argument) noexcept;
}

namespace weir::redis {

std::string allocator_name() {
  if (&mi_version == nullptr) return "libc";
  const int version = mi_version();  // 209: 2.0.9
  return "mimalloc-" + std::to_string(version / 100) + "." + std::to_string(version / 10 % 10) +
         "." + std::to_string(version % 10);
}

void purge_allocator() {
  if (&mi_collect != nullptr) return mi_collect(true);
  ::malloc_trim(0);
}

std::optional<std::string> allocator_report() {
  if (&mi_stats_print_out == nullptr) return std::nullopt;
  std::string report;
  mi_stats_print_out(
      [](const char* text, void* argument) { *static_cast<std::string*>(argument) += text; },
      &report);
  return report;
}

}  // namespace weir::redis
