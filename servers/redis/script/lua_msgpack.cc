#include "servers/redis/script/lua_msgpack.h"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <lua.hpp>
#include <string>
#include <string_view>

namespace weir::redis {
namespace {

constexpr int kMaxNesting = 16;
// As cjson.decode has it. Redis' module goes on until Lua's stack ends, at some 8,000: a level
// takes a frame of the thread's stack here, too.
constexpr int kMaxUnpackedLevels = 1000;

enum : unsigned char {
  kFixMap = 0x80,
  kFixArray = 0x90,
  kFixString = 0xa0,
  kNil = 0xc0,
  kFalse = 0xc2,
  kTrue = 0xc3,
  kBinary8 = 0xc4,
  kBinary16 = 0xc5,
  kBinary32 = 0xc6,
  kFloat32 = 0xca,
  kFloat64 = 0xcb,
  kUnsigned8 = 0xcc,
  kUnsigned16 = 0xcd,
  kUnsigned32 = 0xce,
  kUnsigned64 = 0xcf,
  kSigned8 = 0xd0,
  kSigned16 = 0xd1,
  kSigned32 = 0xd2,
  kSigned64 = 0xd3,
  kString8 = 0xd9,
  kString16 = 0xda,
  kString32 = 0xdb,
  kArray16 = 0xdc,
  kArray32 = 0xdd,
  kMap16 = 0xde,
  kMap32 = 0xdf,
  kNegativeFix = 0xe0,
};

// Appends what it is given. Raises no Lua error, so that it may own its bytes.
class Packer {
 public:
  explicit Packer(lua_State* state) : state_(state) {}

  // The value on top of the stack, which it pops. Takes three slots a level.
  void pack(int level = 0) {
    switch (lua_type(state_, -1)) {
      case LUA_TSTRING:
        pack_string();
        break;
      case LUA_TBOOLEAN:
        put(lua_toboolean(state_, -1) != 0 ? kTrue : kFalse);
        break;
      case LUA_TNUMBER:
        pack_number(lua_tonumber(state_, -1));
        break;
      case LUA_TTABLE:
        level < kMaxNesting ? pack_table(level) : put(kNil);
        break;
      default:
        put(kNil);
    }
    lua_pop(state_, 1);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void put(unsigned char byte) { bytes_.push_back(static_cast<char>(byte)); }
  void put(unsigned char type, std::uint64_t value, int bytes) {
    put(type);
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      put(static_cast<unsigned char>(value >> shift));
    }
  }
  // The head of what has a size: within its type's byte, or in two or four bytes.
  void put_size(unsigned char fixed, std::size_t fixed_max, unsigned char type16,
                unsigned char type32, std::size_t size) {
    if (size <= fixed_max) {
      put(static_cast<unsigned char>(fixed | size));
    } else if (size <= 0xffff) {
      put(type16, size, 2);
    } else {
      put(type32, size, 4);
    }
  }

  void pack_string() {
    std::size_t size = 0;
    const char* const text = lua_tolstring(state_, -1, &size);
    if (size > 31 && size <= 0xff) {
      put(kString8, size, 1);
    } else {
      put_size(kFixString, 31, kString16, kString32, size);
    }
    bytes_.append(text, size);
  }

  void pack_number(lua_Number number) {
    constexpr double kEnd = 9223372036854775808.0;
    if (number >= -kEnd && number < kEnd && number == std::floor(number)) {
      const auto integer = static_cast<std::int64_t>(number);
      return integer >= 0 ? pack_unsigned(static_cast<std::uint64_t>(integer))
                          : pack_negative(integer);
    }
    const auto narrow = static_cast<float>(number);
    if (static_cast<double>(narrow) == number) {
      put(kFloat32, std::bit_cast<std::uint32_t>(narrow), 4);
    } else {
      put(kFloat64, std::bit_cast<std::uint64_t>(number), 8);
    }
  }
  void pack_unsigned(std::uint64_t value) {
    if (value <= 0x7f) return put(static_cast<unsigned char>(value));
    if (value <= 0xff) return put(kUnsigned8, value, 1);
    if (value <= 0xffff) return put(kUnsigned16, value, 2);
    if (value <= 0xffffffff) return put(kUnsigned32, value, 4);
    put(kUnsigned64, value, 8);
  }
  void pack_negative(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (value >= -32) return put(static_cast<unsigned char>(bits));
    if (value >= std::numeric_limits<std::int8_t>::min()) return put(kSigned8, bits, 1);
    if (value >= std::numeric_limits<std::int16_t>::min()) return put(kSigned16, bits, 2);
    if (value >= std::numeric_limits<std::int32_t>::min()) return put(kSigned32, bits, 4);
    put(kSigned64, bits, 8);
  }

  // Its size, where its keys are 1 to n; the number of its pairs, where they are not.
  bool is_array(std::size_t& count) {
    count = 0;
    lua_Number max = 0;
    bool numbered = true;
    for (lua_pushnil(state_); lua_next(state_, -2) != 0; lua_pop(state_, 1)) {
      ++count;
      const lua_Number key = lua_type(state_, -2) == LUA_TNUMBER ? lua_tonumber(state_, -2) : 0;
      numbered = numbered && key > 0 && key == std::floor(key);
      if (key > max) max = key;
    }
    return numbered && max == static_cast<lua_Number>(count);
  }
  void pack_table(int level) {
    std::size_t count = 0;
    if (is_array(count)) {
      put_size(kFixArray, 15, kArray16, kArray32, count);
      for (std::size_t i = 1; i <= count; ++i) {
        lua_rawgeti(state_, -1, static_cast<int>(i));
        pack(level + 1);
      }
      return;
    }
    put_size(kFixMap, 15, kMap16, kMap32, count);
    lua_pushnil(state_);
    while (lua_next(state_, -2) != 0) {
      lua_pushvalue(state_, -2);
      pack(level + 1);
      pack(level + 1);
    }
  }

  lua_State* const state_;
  std::string bytes_;
};

int pack(lua_State* state) {
  const int count = lua_gettop(state);
  if (count == 0) return luaL_argerror(state, 0, "MessagePack pack needs input.");
  luaL_checkstack(state, 4 * (kMaxNesting + 1), "in function pack");
  Packer packer(state);
  for (int i = 1; i <= count; ++i) {
    lua_pushvalue(state, i);
    packer.pack();
  }
  lua_pushlstring(state, packer.bytes().data(), packer.bytes().size());
  return 1;
}

// Pushes one value after the other from the front of some bytes, which may be anything: what is not
// whole, or not MessagePack, raises a Lua error. Holds nothing that would have to be destroyed.
class Unpacker {
 public:
  Unpacker(lua_State* state, std::string_view bytes) : state_(state), rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

  void unpack() {
    if (level_ > kMaxUnpackedLevels) luaL_error(state_, "Found too many nested data structures.");
    luaL_checkstack(state_, 4, "too many return values at once; use unpack_one or unpack_limit.");
    const auto type = static_cast<unsigned char>(take(1).front());
    if (type < kFixMap) return lua_pushnumber(state_, type);
    if (type < kFixArray) return push_map(type & 15U);
    if (type < kFixString) return push_array(type & 15U);
    if (type < kNil) return push_string(type & 31U);
    if (type >= kNegativeFix) return lua_pushnumber(state_, static_cast<signed char>(type));
    switch (type) {
      case kNil:
        return lua_pushnil(state_);
      case kFalse:
      case kTrue:
        return lua_pushboolean(state_, type == kTrue);
      case kFloat32:
        return lua_pushnumber(state_, std::bit_cast<float>(static_cast<std::uint32_t>(number(4))));
      case kFloat64:
        return lua_pushnumber(state_, std::bit_cast<double>(number(8)));
      case kBinary8:
      case kString8:
        return push_string(number(1));
      case kBinary16:
      case kString16:
        return push_string(number(2));
      case kBinary32:
      case kString32:
        return push_string(number(4));
      case kArray16:
        return push_array(number(2));
      case kArray32:
        return push_array(number(4));
      case kMap16:
        return push_map(number(2));
      case kMap32:
        return push_map(number(4));
      default:
        push_integer(type);
    }
  }

 private:
  void push_integer(unsigned char type) {
    switch (type) {
      case kUnsigned8:
        return lua_pushnumber(state_, static_cast<lua_Number>(number(1)));
      case kUnsigned16:
        return lua_pushnumber(state_, static_cast<lua_Number>(number(2)));
      case kUnsigned32:
        return lua_pushnumber(state_, static_cast<lua_Number>(number(4)));
      case kSigned8:
        return lua_pushnumber(state_, static_cast<std::int8_t>(number(1)));
      case kSigned16:
        return lua_pushnumber(state_, static_cast<std::int16_t>(number(2)));
      case kSigned32:
        return lua_pushnumber(state_, static_cast<std::int32_t>(number(4)));
      case kUnsigned64:  // as Redis' module has it: the upper half is negative
      case kSigned64:
        return lua_pushnumber(state_,
                              static_cast<lua_Number>(static_cast<std::int64_t>(number(8))));
      default:
        luaL_error(state_, "Bad data format in input.");
    }
  }
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) luaL_error(state_, "Missing bytes in input.");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char byte : take(bytes)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }
  void push_string(std::uint64_t size) {
    const std::string_view text = take(size);
    lua_pushlstring(state_, text.data(), text.size());
  }
  // The announced size is not trusted with memory.
  void push_array(std::uint64_t elements) {
    lua_newtable(state_);
    ++level_;
    for (std::uint64_t i = 1; i <= elements; ++i) {
      unpack();
      lua_rawseti(state_, -2, static_cast<int>(i));
    }
    --level_;
  }
  void push_map(std::uint64_t pairs) {
    lua_newtable(state_);
    ++level_;
    for (std::uint64_t i = 0; i < pairs; ++i) {
      unpack();
      unpack();
      lua_settable(state_, -3);
    }
    --level_;
  }

  lua_State* const state_;
  std::string_view rest_;
  int level_ = 0;
};

std::string_view checked_bytes(lua_State* state) {
  std::size_t size = 0;
  const char* const bytes = luaL_checklstring(state, 1, &size);
  return {bytes, size};
}

// Unpacks up to `limit` values from `offset` on; 0: all of them.
int unpack_from(lua_State* state, std::string_view bytes, lua_Integer limit, lua_Integer offset,
                bool tells_offset) {
  if (limit == 0) limit = static_cast<lua_Integer>(bytes.size());
  if (offset < 0 || limit < 0) {
    return luaL_error(state, "Invalid request to unpack with offset of %d and limit of %d.",
                      static_cast<int>(offset), static_cast<int>(limit));
  }
  if (static_cast<std::size_t>(offset) > bytes.size()) {
    return luaL_error(state, "Start offset %d greater than input length %d.",
                      static_cast<int>(offset), static_cast<int>(bytes.size()));
  }
  Unpacker unpacker(state, bytes.substr(static_cast<std::size_t>(offset)));
  int count = 0;
  for (; count < limit && !unpacker.at_end(); ++count) unpacker.unpack();
  if (!tells_offset) return count;
  luaL_checkstack(state, 1, "in function unpack");
  lua_pushinteger(
      state, unpacker.at_end() ? -1 : static_cast<lua_Integer>(bytes.size() - unpacker.left()));
  lua_insert(state, -1 - count);
  return count + 1;
}

int unpack(lua_State* state) { return unpack_from(state, checked_bytes(state), 0, 0, false); }

int unpack_one(lua_State* state) {
  const std::string_view bytes = checked_bytes(state);
  return unpack_from(state, bytes, 1, luaL_optinteger(state, 2, 0), true);
}

int unpack_limit(lua_State* state) {
  const std::string_view bytes = checked_bytes(state);
  const lua_Integer limit = luaL_checkinteger(state, 2);
  return unpack_from(state, bytes, limit, luaL_optinteger(state, 3, 0), true);
}

constexpr luaL_Reg kFunctions[] = {
    {"pack", pack},
    {"unpack", unpack},
    {"unpack_one", unpack_one},
    {"unpack_limit", unpack_limit},
};

}  // namespace

int open_msgpack(lua_State* state) {
  lua_newtable(state);
  for (const luaL_Reg& function : kFunctions) {
    lua_pushcfunction(state, function.func);
    lua_setfield(state, -2, function.name);
  }
  return 1;
}

}  // namespace weir::redis
