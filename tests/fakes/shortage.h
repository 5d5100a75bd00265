// Memory that ends: linked in, this replaces operator new, which throws bad_alloc when a test says
// so.
//
// Any thread, one shortage at a time. It concerns every thread that is not exempt, or, once some
// have been named, these alone.
#pragma once

#include <cstdint>

namespace weir::fakes {

class Shortage {
 public:
  // Allocations fail from the n-th on, the n-th alone or all, while this lives.
  Shortage(std::int64_t n, bool all);
  ~Shortage() { end(); }
  Shortage(const Shortage&) = delete;
  Shortage& operator=(const Shortage&) = delete;

  void end();
  // Of those that failed.
  std::uint64_t count() const;

  static void exempt_this_thread();
  static void name_this_thread();
};

}  // namespace weir::fakes
