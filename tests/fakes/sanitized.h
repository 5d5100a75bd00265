// Whether this build has a sanitizer: it makes a test take five to twenty times as long, so that
// the largest do less of the same there. The default build does all of it.
#pragma once

namespace weir::fakes {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool kThreadSanitized = true;
#else
inline constexpr bool kThreadSanitized = false;
#endif

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = kThreadSanitized;
#endif

}  // namespace weir::fakes
