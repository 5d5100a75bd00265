// Reading streams from an id on, for one client or for a consumer of a group:
//   XREAD [COUNT count] [BLOCK ms] STREAMS key ... id ...
//   XREADGROUP GROUP group consumer [COUNT count] [BLOCK ms] [NOACK] STREAMS key ... id ...
// Thread rule: the call's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/command.h"
#include "servers/redis/commands/collected_elements.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {

class StreamRead {
 public:
  // Where the keys of such a request are: KeyRange::locate.
  static KeyRange locate(std::span<const std::string_view> arguments);

  // Reads the options, then what is wanted of each key; "$" is the last id of its stream now. Both
  // false with the error replied.
  bool parse(Call& call);
  bool resolve(Call& call);

  // Replies what there is at any of the keys; false, with nothing replied, when there is nothing.
  bool serve(Call& call) const;
  // There was nothing: waits if that was asked for, else says so.
  void wait(Call& call) const;

 private:
  // What is wanted of one key.
  struct Wanted {
    enum class Kind { kNew, kUndelivered, kHistory };

    Kind kind = Kind::kNew;
    StreamId after;  // not of kUndelivered, which follows its group
  };

  bool parse_option(Call& call, std::size_t option, std::size_t i);
  bool parse_keys(Call& call, std::size_t first);
  bool resolve(Call& call, std::size_t i);
  bool resolve_again(Call& call, std::size_t i);
  // Adds what there is at the i-th key to `served`. Whether there was something.
  bool serve(Call& call, std::size_t i, CollectedElements& served) const;
  bool serve_new(Call& call, std::size_t i, Stream& stream, StreamGroup* group,
                 CollectedElements& served) const;
  void serve_history(Call& call, std::size_t i, Stream& stream, StreamGroup& group,
                     CollectedElements& served) const;
  void reply_key(Call& call, std::size_t i, const CollectedElements& entries,
                 CollectedElements& served) const;
  std::size_t key(std::size_t i) const { return first_key_ + i; }
  std::size_t id(std::size_t i) const { return key(i) + wanted_.size(); }
  std::string_view consumer_name(const Call& call) const { return call.argument(group_ + 1); }

  std::size_t count_ = SIZE_MAX;  // of entries a key
  std::optional<std::int64_t> block_ms_;
  bool no_ack_ = false;
  std::size_t group_ = 0;  // the argument with the group's name, the consumer's behind it; 0: none
  std::size_t first_key_ = 0;
  std::vector<Wanted> wanted_;  // one per key
};

}  // namespace weir::redis::commands
