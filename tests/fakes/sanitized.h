// Whether this build has a sanitizer: it makes a test take five to twenty times as long, so that
// the largest do less of the same. What they are for is reached all the same.
#pragma once

namespace weir::fakes {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace weir::fakes
