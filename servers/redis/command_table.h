// All commands by name. Made once at start-up; then read-only, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "servers/redis/command.h"

namespace weir::redis {

class CommandTable {
 public:
  struct Row {
    const Command* command;
    std::string_view group;
  };

  explicit CommandTable(std::span<const CommandGroup> groups);

  // Whatever the case of the letters; nullptr when there is none.
  [[gnu::always_inline]] const Command* find(std::string_view name) const {
    if (name.empty() || name.size() > sizeof(std::uint64_t)) return find_folded(name);
    const std::uint64_t word = load(name.data(), name.size());
    const Spelling& likely = spellings_[place_of(word)];
    const bool is_it = likely.word == word && likely.size == name.size();
    return is_it ? likely.command : find_folded(name);
  }
  // The row of container and subcommand together; nullptr when there is none.
  static const Command* find_subcommand(const Command& container, std::string_view name);

  // In the order of the groups.
  const std::vector<Row>& rows() const { return rows_; }

 private:
  static constexpr int kSlotBits = 10;  // sparse: look-ups meet one row
  static constexpr std::size_t kSlots = std::size_t{1} << kSlotBits;
  static constexpr std::uint64_t kOdd = 0x9e37'79b9'7f4a'7c15;  // 2^64 by the golden ratio

  static constexpr int kPlaceBits = 12;
  // A name of up to 8 bytes as clients write it, all in capitals or all in small letters: found
  // without a look at its letters. Where two would share a place the first has it.
  struct Spelling {
    std::uint64_t word = 0;
    std::size_t size = 0;
    const Command* command = nullptr;
  };

  // A name of up to 16 bytes, its letters in lower case, as two words with zeros behind it:
  // compared in two steps.
  struct Name {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::size_t size = 0;

    bool operator==(const Name&) const = default;
  };
  struct Slot {
    Name name;
    const Command* command = nullptr;
  };
  static constexpr std::size_t kMostNameBytes = 16;

  // 1 to 8 bytes, the first lowest, with zeros behind them.
  [[gnu::always_inline]] static std::uint64_t load(const char* bytes, std::size_t size) {
    const auto byte = [bytes](std::size_t i) {
      return std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    };
    if (size < sizeof(std::uint32_t)) return byte(0) | byte(size / 2) | byte(size - 1);
    // The two overlap in bytes that are the same in both.
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    const std::size_t rest = size - sizeof last;
    std::memcpy(&first, bytes, sizeof first);
    std::memcpy(&last, bytes + rest, sizeof last);
    return first | std::uint64_t{last} << (8 * rest);
  }
  static std::size_t place_of(std::uint64_t word) { return (word * kOdd) >> (64 - kPlaceBits); }
  static Name fold(std::string_view name);
  static std::size_t slot_of(const Name& name);
  void add(const Command& command);
  void add_spelling(const std::string& name, const Command& command);
  [[gnu::noinline]] const Command* find_folded(std::string_view name) const;
  const Command* find_long(std::string_view name) const;

  std::vector<Row> rows_;
  std::vector<Slot> slots_;
  std::vector<Spelling> spellings_;
  std::vector<const Command*> long_names_;  // the few of more than 16 bytes
};

// Whether two names are the same but for the case of ASCII letters.
bool equal_names(std::string_view a, std::string_view b);

}  // namespace weir::redis
