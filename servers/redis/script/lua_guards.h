// Stands in front of functions of Debian's Lua 5.1.5, bit and cjson that a script could make run
// over the end of memory, or of the stack. Redis has mended its own copy of them; ours are refused
// what would do harm.
//
//   unpack                 a range of more than 2^31 values            CVE-2025-46817
//   bit.tohex              the smallest number of digits               CVE-2024-31449
//   cjson.encode           texts whose escaped size has over 31 bits   CVE-2022-24834
//   loadstring, load       garbage collected meanwhile                 CVE-2025-49844
//                          texts whose delimiters have over 31 bits    CVE-2025-46819
//   string.find and kin    patterns that recurse too deep
//
// Thread rule: that of the state.
#pragma once

#include <string_view>

struct lua_State;

namespace weir::redis {

// Replaces those functions. The libraries are open, and not protected yet.
void guard_libraries(lua_State* state);

// luaL_loadbuffer() for a text that nobody trusts: with the guards of loadstring. Compiled code is
// refused, too: it is not verified, and could do anything.
int load_untrusted(lua_State* state, std::string_view text, const char* name);

}  // namespace weir::redis
