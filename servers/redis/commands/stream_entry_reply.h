// What several stream commands read and reply alike: ids and entries.
// Thread rule: the call's thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {

// Reads "ms-seq", or "ms" with a default sequence number; false, with the error replied, when
// `text` is no id.
inline bool read_stream_id(Call& call, std::string_view text, std::uint64_t missing_seq,
                           StreamId& id) {
  const auto parsed = StreamId::parse(text, missing_seq);
  if (!parsed) {
    call.error("ERR Invalid stream ID specified as stream command argument");
    return false;
  }
  id = *parsed;
  return true;
}

template <class Writer>
void reply_stream_id(Writer& reply, StreamId id) {
  StreamIdText text;
  reply.bulk(text.format(id));
}

// An entry: its id, and a flat array of fields and values.
template <class Writer>
void reply_stream_entry(Writer& reply, const StreamEntry& entry) {
  reply.array(2);
  reply_stream_id(reply, entry.id());
  reply.array(2 * entry.field_count());
  entry.for_each([&reply](std::string_view field, std::string_view value) {
    reply.bulk(field);
    reply.bulk(value);
  });
}

}  // namespace weir::redis::commands
